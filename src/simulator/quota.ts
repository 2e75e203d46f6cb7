import type { ResolvedQuota } from './scenario.js';

/** What the upstream says of its quota with each answer, as headers would. */
export interface Quota {
  /** How much it takes at once, and in each `per`. */
  readonly limit: number;
  /** How much of it is left. */
  readonly remaining: number;
  /** Milliseconds until all of it is there again, if no more comes. */
  readonly reset: number;
}

/** What an upstream with a quota answers. */
export interface QuotaAnswer {
  /** What the call cost. */
  readonly cost: number;
  readonly quota: Quota;
}

/** The upstream's quota is spent: a 429. The request was no work for a worker, and took nothing of the quota. */
export class QuotaError extends Error {
  override readonly name = 'QuotaError';
  readonly status = 429;
  /** Milliseconds until there will be enough for the same request. `Infinity` if it costs more than the limit. */
  readonly retryAfter: number;
  readonly quota: Quota;

  constructor(retryAfter: number, quota: Quota) {
    super('the quota is spent');
    this.retryAfter = retryAfter;
    this.quota = quota;
  }
}

/** A bucket that holds `limit`, and fills evenly with as much in each `per`. Full at first. */
export class QuotaBucket {
  readonly #limit: number;
  readonly #perMs: number;
  readonly #counts: 'calls' | 'cost';
  #left: number;
  #atMs = 0;

  constructor({ limit, per, counts }: ResolvedQuota) {
    this.#limit = limit;
    this.#perMs = per;
    this.#counts = counts;
    this.#left = limit;
  }

  /** Takes what a request costs, if there is as much. Otherwise it takes nothing and returns the error. */
  take(cost: number, nowMs: number): QuotaError | undefined {
    this.#fill(nowMs);
    const takes = this.#counts === 'cost' ? cost : 1;
    if (takes <= this.#left + ROUNDING) {
      this.#left = Math.max(0, this.#left - takes);
      return undefined;
    }
    const waitMs = takes > this.#limit ? Infinity : this.#msFor(takes - this.#left);
    return new QuotaError(waitMs, this.read(nowMs));
  }

  read(nowMs: number): Quota {
    this.#fill(nowMs);
    return {
      limit: this.#limit,
      remaining: Math.floor(this.#left + ROUNDING),
      reset: Math.ceil(this.#msFor(this.#limit - this.#left)),
    };
  }

  #fill(nowMs: number): void {
    const gained = ((nowMs - this.#atMs) * this.#limit) / this.#perMs;
    this.#left = Math.min(this.#limit, this.#left + gained);
    this.#atMs = nowMs;
  }

  #msFor(amount: number): number {
    return (amount * this.#perMs) / this.#limit;
  }
}

/** Sums of many small gains miss a whole number by less than this. */
const ROUNDING = 1e-6;
