import type { RetryStop } from '../../pipeline/contract/events.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { TimeSource } from '../../time/time-source.js';
import type { Random } from '../chance.js';
import { randomOf } from '../chance.js';
import { askedBy } from '../retry-after.js';
import type { RetryBudget } from '../retry-budget/index.js';
import type { Delays } from './backoff.js';
import { startBackoff } from './backoff.js';
import type { Exponential } from './delay.js';
import { askedDelay, exponentialDelay } from './delay.js';
import type { ResolvedRetry } from './options.js';
import { retryDefaults } from './options.js';
import type { RetryRun } from './retry-run.js';
import { TypicalDuration } from './typical-duration.js';

/** When a call is run again, and what keeps it from that. It knows of no single call. */
export class RetryRules {
  readonly #options: ResolvedRetry;
  readonly #budget: RetryBudget | undefined;
  readonly #random: Random;
  readonly #exponential: Exponential;
  #typical = new TypicalDuration();

  constructor(options: ResolvedRetry, budget: RetryBudget | undefined) {
    this.#options = options;
    this.#budget = budget;
    this.#random = randomOf(options.random, 'retry');
    this.#exponential = {
      initialDelayMs: options.initialDelay ?? retryDefaults.initialDelay,
      factor: options.factor ?? retryDefaults.factor,
      maxDelayMs: options.maxDelay ?? retryDefaults.maxDelay,
      jitter: options.jitter ?? retryDefaults.jitter,
    };
  }

  /** The delays of one call. `signal` is for a backoff that wants it. */
  startDelays(signal: () => AbortSignal): Delays {
    const { backoff } = this.#options;
    return backoff === undefined ? this.#byFormula : startBackoff(backoff, signal);
  }

  readonly #byFormula: Delays = (retry) =>
    exponentialDelay(this.#exponential, retry, this.#random());

  /** Counts one more retry, and says why there is none. `undefined`: there is one, and the budget has paid for it. */
  stops(
    run: RetryRun,
    maxRetries: number,
    time: TimeSource,
    deadline: () => number,
  ): RetryStop | undefined {
    if (++run.retries > maxRetries) return 'exhausted';
    const delayMs = this.#delay(run.delays, run.retries, run.last);
    if (delayMs === undefined) return 'retry_after';
    run.delayMs = delayMs;
    return this.#obstacle(deadline(), delayMs, time);
  }

  /** The delay before the next retry; `undefined` when the failure asks for a longer wait than is allowed. */
  #delay(delays: Delays, retry: number, outcome: Outcome): number | undefined {
    const { delayFrom, maxRetryAfter } = this.#options;
    const asked = askedBy(delayFrom, outcome);
    // Ask the backoff anyway: those of cockatiel count their own steps.
    const own = delays(retry, outcome);
    if (asked === undefined) return own;
    return askedDelay(asked, maxRetryAfter, this.#random());
  }

  /** What keeps a call with this deadline from another retry after this delay. `undefined`: nothing, and the budget has paid for it. */
  #obstacle(deadline: number, delayMs: number, time: TimeSource): RetryStop | undefined {
    const budget = this.#budget;
    if (deadline === Infinity && budget === undefined) return undefined;
    const now = time.now();
    if (!this.#isInTime(deadline, delayMs, now)) return 'deadline';
    return budget?.tryWithdraw(now) === false ? 'budget' : undefined;
  }

  /** Measures the successes of retries only. They cost time anyway; a call that succeeds at once must not. */
  learn(startedAt: number, time: TimeSource): void {
    const now = time.now();
    this.#typical.add(time.elapsed(startedAt, now), now);
  }

  /** A retry was not over in its time, or in that of the call. */
  ranOut(startedAt: number, time: TimeSource): void {
    const now = time.now();
    this.#typical.ranOut(time.elapsed(startedAt, now), now);
  }

  /** Forgets how long successes take. */
  startOver(): void {
    this.#typical = new TypicalDuration();
  }

  /** Whether there is time for the delay, and after it for as long as a success takes. */
  #isInTime(deadline: number, delayMs: number, now: number): boolean {
    const timeLeft = deadline - now - delayMs;
    return timeLeft > 0 && this.#typical.isEnough(timeLeft, now);
  }
}
