import { EventWindow } from '../../windows/event-window.js';
import type { ResolvedRetryBudget, RetryBudgetOptions } from './options.js';
import { resolveRetryBudget } from './options.js';

/** How far back a budget looks. */
export const BUDGET_WINDOW_MS = 10_000;

/**
 * A budget that several retry (and hedge) policies can share: whenever a retry is made, those of the last 10 s, itself
 * included, are at most `ratio` of the first attempts of those 10 s plus `minPerSecond` a second.
 *
 * A bound on each call's retries does nothing against an overload, in which all calls retry; this bounds them all together.
 * The idea is Finagle's.
 *
 * Each policy that shares it counts the calls it sees: share it between pipelines, not between the policies of one.
 *
 * @throws ConfigError when an option is wrong.
 * @see https://twitter.github.io/finagle/guide/Clients.html#retries
 */
export function retryBudget(options?: RetryBudgetOptions): RetryBudget {
  return new RetryBudget(resolveRetryBudget(options));
}

/** Whether it is a budget: also one of another copy of this library, in a process that has loaded two. */
export function isRetryBudget(value: unknown): value is RetryBudget {
  if (typeof value !== 'object' || value === null) return false;
  const { deposit, tryWithdraw } = value as Partial<RetryBudget>;
  return typeof deposit === 'function' && typeof tryWithdraw === 'function';
}

/** Made by {@link retryBudget}. It errs on the side of fewer retries, by up to a tenth of its window. */
export class RetryBudget {
  readonly #options: ResolvedRetryBudget;
  readonly #reserve: number;
  readonly #firstAttempts = new EventWindow(BUDGET_WINDOW_MS, 10, 'low');
  readonly #retries = new EventWindow(BUDGET_WINDOW_MS, 10, 'high');

  /** @internal Use {@link retryBudget}. */
  constructor(options: ResolvedRetryBudget) {
    this.#options = options;
    this.#reserve = (options.minPerSecond * BUDGET_WINDOW_MS) / 1_000;
  }

  /** A first attempt was made. */
  deposit(nowMs: number): void {
    this.#firstAttempts.add(nowMs);
  }

  /** Takes a retry out of the budget; `false` when there is none. */
  tryWithdraw(nowMs: number): boolean {
    if (this.balance(nowMs) < 1) return false;
    this.#retries.add(nowMs);
    return true;
  }

  /** How many retries are allowed now. */
  balance(nowMs: number): number {
    const earned = this.#options.ratio * this.#firstAttempts.total(nowMs);
    return Math.max(0, earned + this.#reserve - this.#retries.total(nowMs));
  }
}
