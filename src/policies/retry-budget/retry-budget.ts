import { EventWindow } from '../../windows/event-window.js';
import { TokenBucket } from '../token-bucket.js';
import type { ResolvedRetryBudget, RetryBudgetOptions } from './options.js';
import { resolveRetryBudget } from './options.js';

/** One in thirty years. Less than that cannot be told from nothing, and is too small to calculate with. */
const LEAST_PER_SECOND = 1e-9;

/** How far back a budget looks for first attempts. */
export const BUDGET_WINDOW_MS = 10_000;

const BUCKETS = 10;

/** In what steps it looks back: the window in that many parts. */
export const BUDGET_BUCKET_MS = 1_000;

/**
 * A budget that several retry policies can share. Each first attempt earns `ratio` retries, to be made within 10 s. On top,
 * `minPerSecond` retries are allowed each second, and one second's worth can be saved up. So over any time t the retries are at most
 * `ratio` of the first attempts of that time and the 10 s before, plus `minPerSecond` x t, plus one second's savings.
 *
 * A bound on each call's retries does not help in an overload, when all calls retry. The budget bounds all retries together.
 * The idea is Finagle's.
 *
 * Each policy that shares the budget counts the calls it sees. Share it between pipelines, not between the policies of one pipeline.
 *
 * @throws ConfigError when an option is wrong.
 * @see https://twitter.github.io/finagle/guide/Clients.html#retries
 */
export function retryBudget(options?: RetryBudgetOptions): RetryBudget {
  return new RetryBudget(resolveRetryBudget(options));
}

/** Whether it is a budget. It may come from another copy of this library in the process. */
export function isRetryBudget(value: unknown): value is RetryBudget {
  if (typeof value !== 'object' || value === null) return false;
  const { deposit, tryWithdraw } = value as Partial<RetryBudget>;
  return typeof deposit === 'function' && typeof tryWithdraw === 'function';
}

/** Made by {@link retryBudget}. It may allow fewer retries than it could, by up to a tenth of its window. */
export class RetryBudget {
  readonly #ratio: number;
  readonly #firstAttempts = new EventWindow(BUDGET_WINDOW_MS, BUCKETS, 'low');
  /** The retries that first attempts have paid for. */
  readonly #paid = new EventWindow(BUDGET_WINDOW_MS, BUCKETS, 'high');
  /** What pays for the others. */
  #floor: TokenBucket | undefined;
  /** All retries. */
  readonly #retries = new EventWindow(BUDGET_WINDOW_MS, BUCKETS, 'high');
  /** How many of them there may be in a window without any first attempt. */
  readonly #reserve: number;
  readonly #minPerSecond: number;
  readonly #saved: number;

  /** @internal Use {@link retryBudget}. */
  constructor({ ratio, minPerSecond }: ResolvedRetryBudget) {
    this.#ratio = ratio;
    const saved = minPerSecond > 0 ? Math.max(1, minPerSecond) : 0;
    this.#reserve = (minPerSecond * BUDGET_WINDOW_MS) / 1_000 + saved;
    this.#minPerSecond = minPerSecond;
    this.#saved = saved;
    this.#fillFloor();
  }

  /** Resets it, for tests: see `startOver` of `holdfast/testing`. */
  startOver(): void {
    for (const each of [this.#firstAttempts, this.#paid, this.#retries]) each.clear();
    this.#fillFloor();
  }

  /** A first attempt was made. */
  deposit(nowMs: number, count = 1): void {
    this.#firstAttempts.add(nowMs, count);
  }

  /** How many retries would be allowed if there had been so many first attempts lately, and no retry. */
  balanceAfter(firstAttempts: number): number {
    const earned = this.#ratio * firstAttempts;
    return Math.floor(
      Math.min(Math.floor(earned) + Math.floor(this.#saved), earned + this.#reserve),
    );
  }

  /** Takes a retry out of the budget. `false` when there is none. */
  tryWithdraw(nowMs: number): boolean {
    if (this.balance(nowMs) < 1) return false;
    if (this.#earned(nowMs) >= 1) this.#paid.add(nowMs);
    else this.#floor?.take(1);
    this.#retries.add(nowMs);
    return true;
  }

  /** How many retries are allowed now. */
  balance(nowMs: number): number {
    const own = Math.floor(this.#earned(nowMs)) + (this.#floor?.available(nowMs) ?? 0);
    // First attempts that have left the window no longer pay for retries that are still in it.
    const bound = this.#ratio * this.#firstAttempts.total(nowMs) + this.#reserve;
    return Math.max(0, Math.min(own, Math.floor(bound - this.#retries.total(nowMs))));
  }

  /** Each process of a fleet starts with its savings: more than one second's worth would be a flood. */
  #fillFloor(): void {
    if (this.#minPerSecond === 0) return;
    const limit = Math.max(LEAST_PER_SECOND, this.#minPerSecond);
    this.#floor = new TokenBucket(limit, 1_000, this.#saved);
  }

  #earned(nowMs: number): number {
    const earned = this.#ratio * this.#firstAttempts.total(nowMs);
    return Math.max(0, earned - this.#paid.total(nowMs));
  }
}
