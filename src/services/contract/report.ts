/** One fault of a contract. It holds nothing of the payload. */
export interface ContractFault {
  /** Where it is, such as `body.items[3].price`. Keys that no schema declares are shown as `*`. */
  readonly path: string;
  /** What is wrong, such as `expected number, got string`. */
  readonly message: string;
}

/** What a contract's watcher is told. It holds nothing of the payload. */
export interface ContractReport {
  /** `'broken'`: a schema refused a value. `'unknown_fields'`: a response has fields that its schema leaves out. */
  readonly kind: 'broken' | 'unknown_fields';
  /** The service's name. */
  readonly service: string;
  /** The operation's name. */
  readonly operation: string;
  /** Which of the two broke it. */
  readonly side: 'request' | 'response';
  /** The status of the response. */
  readonly status: number | undefined;
  /** Whether the call failed for it. */
  readonly enforced: boolean;
  /** The faults, at most 20. */
  readonly faults: readonly ContractFault[];
}
