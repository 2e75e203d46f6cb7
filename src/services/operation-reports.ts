import { reportFault } from '../pipeline/reporting/faults.js';
import { attribute } from '../telemetry/names.js';
import type { ContractFault, ContractReport } from './contract/report.js';
import type { ServiceCallFacts } from './errors.js';
import { ServiceContractError } from './errors.js';
import type { ResolvedOperation } from './operation-options.js';

/** How many faults an error shows in its message. */
const SHOWN = 3;

/** Watches contracts. */
export type ContractListener = (report: ContractReport) => void;

/** Tells those who watch contracts, about the calls of one operation. */
export class OperationReports {
  /** What the spans of its calls have: names that are written in the declaration. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly #service: string;
  readonly #address: string;
  readonly #operation: ResolvedOperation;
  readonly #listeners: Iterable<ContractListener>;

  /** @param listeners Hear of each report, after the operation's own `onReport`. */
  constructor(
    service: string,
    address: string,
    operation: ResolvedOperation,
    listeners: Iterable<ContractListener>,
  ) {
    this.#service = service;
    this.#address = address;
    this.#operation = operation;
    this.#listeners = listeners;
    this.attributes = {
      [attribute.operation]: operation.name,
      [attribute.urlTemplate]: operation.path.template,
    };
  }

  /** The same for a service that is somewhere else now. */
  at(address: string): OperationReports {
    if (address === this.#address) return this;
    return new OperationReports(this.#service, address, this.#operation, this.#listeners);
  }

  /** What errors say about a call. The address shows names of parameters, and no values. */
  facts(): ServiceCallFacts {
    const { name, method, path } = this.#operation;
    return {
      service: this.#service,
      operation: name,
      method,
      url: this.#address + path.template,
    };
  }

  /** A contract is broken. Returns the error for it. */
  broken(
    side: 'request' | 'response',
    faults: readonly ContractFault[],
    enforced: boolean,
    status?: number,
  ): ServiceContractError {
    this.#tell({ kind: 'broken', side, status, enforced, faults });
    const { name } = this.#operation;
    const what = status === undefined ? `the ${side}` : `the response (${status})`;
    const shown = faults.slice(0, SHOWN).map(({ path, message }) => `${path}: ${message}`);
    if (faults.length > SHOWN) shown.push(`and ${faults.length - SHOWN} more`);
    return new ServiceContractError(
      `${this.#service}.${name}: ${what} breaks its contract: ${shown.join('; ')}`,
      { ...this.facts(), side, status, faults },
    );
  }

  /** A response has fields that its schema leaves out. */
  unknown(faults: readonly ContractFault[], status: number): void {
    this.#tell({ kind: 'unknown_fields', side: 'response', status, enforced: false, faults });
  }

  #tell(what: Omit<ContractReport, 'service' | 'operation'>): void {
    const report = { service: this.#service, operation: this.#operation.name, ...what };
    for (const tell of [this.#operation.contract.onReport, ...this.#listeners]) {
      try {
        const done: unknown = tell?.(report);
        if (done instanceof Promise) done.catch(reportListener);
      } catch (error) {
        reportListener(error);
      }
    }
  }
}

function reportListener(error: unknown): void {
  reportFault('a listener to broken contracts', error);
}
