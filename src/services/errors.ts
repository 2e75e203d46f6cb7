import { ContractError } from '../errors.js';
import { nameClass, ResilienceError } from '../resilience-error.js';
import type { ContractFault } from './contract/report.js';

/** Which call of a service an error is about. */
export interface ServiceCallFacts {
  readonly service: string;
  readonly operation: string;
  readonly method: string;
  /** The address, with the names of parameters in place of their values. */
  readonly url: string;
}

/** Fields that a {@link ServiceError} can be made with. */
export interface ServiceErrorInit<Data, Status extends number> extends ServiceCallFacts {
  readonly status: Status;
  readonly data: Data;
  /** Under which key of `errors` the data was declared. */
  readonly declared?: string | undefined;
  /** Whether it is a failure of the service, and not an answer about the request. */
  readonly failed: boolean;
  readonly headers?: { get(name: string): string | null } | undefined;
}

function hidden(error: object, fields: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(fields)) {
    Object.defineProperty(error, key, { value, writable: false, configurable: true });
  }
}

/**
 * A service answered with a status that is no success. `data` is its body: what the declared schema makes of it, or, for a status
 * without a schema, JSON or text as it came. It is not enumerable, so it is in no log.
 */
export class ServiceError<Data = unknown, Status extends number = number> extends ResilienceError {
  static override readonly code: string = 'ERR_SERVICE_STATUS';

  /** The service's name. */
  declare readonly service: string;
  /** The operation's name. */
  declare readonly operation: string;
  /** The status of the answer. */
  declare readonly status: Status;
  /** The key under which the operation declares this answer: `404`, `4xx`, `default`. `undefined` if it does not. */
  declare readonly declared: string | undefined;
  /** The body of the answer. Not enumerable. */
  declare readonly data: Data;
  /** The headers of the answer. Not enumerable. */
  declare readonly headers: { get(name: string): string | null } | undefined;
  /** @internal */
  declare readonly failed: boolean;

  /** @internal */
  static readonly named: symbol = /* @__PURE__ */ nameClass(ServiceError, 'ServiceError');

  constructor(message: string, init: ServiceErrorInit<Data, Status>) {
    super(message, { pipeline: init.service });
    this.service = init.service;
    this.operation = init.operation;
    this.status = init.status;
    this.declared = init.declared;
    this.method = init.method;
    this.url = init.url;
    hidden(this, { data: init.data, headers: init.headers, failed: init.failed });
  }
}

/** Fields that a {@link ServiceContractError} can be made with. */
export interface ServiceContractErrorInit extends ServiceCallFacts {
  readonly side: 'request' | 'response';
  readonly status?: number | undefined;
  readonly faults: readonly ContractFault[];
}

/**
 * A request or a response breaks the contract of its operation. It says where and how, and nothing of the payload. A request that does was
 * not sent. The error has a stack.
 */
export class ServiceContractError extends ContractError {
  static override readonly code: string = 'ERR_SERVICE_CONTRACT';

  /** The service's name. */
  declare readonly service: string;
  /** The operation's name. */
  declare readonly operation: string;
  /** Which of the two broke it. */
  declare readonly side: 'request' | 'response';
  /** The status of the response. */
  declare readonly status: number | undefined;
  /** The faults, at most 20. */
  declare readonly faults: readonly ContractFault[];

  /** @internal */
  static override readonly named: symbol = /* @__PURE__ */ nameClass(
    ServiceContractError,
    'ServiceContractError',
  );

  constructor(message: string, init: ServiceContractErrorInit) {
    super(message, { pipeline: init.service, captureStack: true });
    this.service = init.service;
    this.operation = init.operation;
    this.side = init.side;
    this.status = init.status;
    this.faults = init.faults;
    this.method = init.method;
    this.url = init.url;
  }
}
