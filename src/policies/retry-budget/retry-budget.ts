import { EventWindow } from '../../windows/event-window.js';
import type { ResolvedRetryBudget, RetryBudgetOptions } from './options.js';
import { resolveRetryBudget } from './options.js';

/** How far back a budget looks. */
export const BUDGET_WINDOW_MS = 10_000;

/**
 * A budget that several retry (and hedge) policies can share: over any 10 s, retries are at most `ratio` of the first
 * attempts plus `minPerSecond` a second.
 *
 * The idea is Finagle's: a bound on each call's retries does nothing against an overload in which all calls retry.
 *
 * @throws ConfigError when an option is wrong.
 * @see https://twitter.github.io/finagle/guide/Clients.html#retries
 */
export function retryBudget(options?: RetryBudgetOptions): RetryBudget {
  return new RetryBudget(resolveRetryBudget(options));
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
