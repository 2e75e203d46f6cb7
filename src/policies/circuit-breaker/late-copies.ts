import type { LateCopies, Policy } from '../../pipeline/contract/policy.js';
import type { BreakerAccount } from './reporter.js';
import type { Stay } from './state-times.js';

/** Copies of a breaker that are made when they are needed. Before that each counts as a closed one. */
export class LateBreakers implements LateCopies {
  readonly #account: BreakerAccount;
  readonly #make: (stay: Stay) => Policy<unknown>;

  constructor(account: BreakerAccount, make: (stay: Stay) => Policy<unknown>) {
    this.#account = account;
    this.#make = make;
  }

  begin(nowMs: number): void {
    this.#account.times.begin('closed', nowMs, 0);
  }

  end(nowMs: number): void {
    this.#account.times.end('closed', nowMs);
  }

  fork(retired: boolean): Policy<unknown> {
    return this.#make(retired ? 'ended' : 'closed');
  }
}
