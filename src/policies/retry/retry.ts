import { RejectedError } from '../../errors.js';
import type { Call, Drive, Driver } from '../../pipeline/contract.js';
import type { RetryStop } from '../../pipeline/events.js';
import { isA } from '../../pipeline/is-a.js';
import type { PolicyMeasures } from '../../pipeline/observer.js';
import type { Failure, Outcome } from '../../pipeline/outcome.js';
import { failure } from '../../pipeline/outcome.js';
import { addCause } from '../cause.js';
import type { Random } from '../chance.js';
import { randomOf } from '../chance.js';
import type { Handle, Handles } from '../filter.js';
import { handlesOf, isUpstreamFailure } from '../filter.js';
import type { DelayFrom } from '../retry-after.js';
import { askedBy } from '../retry-after.js';
import { isRetryBudget, RetryBudget } from '../retry-budget/index.js';
import type { Delays } from './backoff.js';
import { startBackoff } from './backoff.js';
import type { Exponential } from './delay.js';
import { askedDelay, exponentialDelay } from './delay.js';
import type { ResolvedRetry, RetryOptions } from './options.js';
import { resolveRetry, retryDefaults } from './options.js';

/**
 * Runs a failed call again, after a delay that grows and is spread by jitter, as often as `maxRetries` and a budget over all
 * calls allow. The budget is what keeps retries from multiplying an overload: it bounds them to a share of the calls.
 *
 * A retry that could not start before the call's deadline is not started, and when retries end for whatever reason the
 * last real outcome is returned: the last error itself, or the last result.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * retry({ maxRetries: 2, handle: handleType(NetworkError) })
 */
export function retry(options?: RetryOptions): RetryPolicy {
  return new RetryPolicy(resolveRetry(options));
}

/** What is answered once nobody asks any more; a result that was already discarded must not be answered again. */
const GIVEN_UP = failure(undefined, 'cancelled');

/**
 * A refusal of a retry, by a breaker that opened meanwhile say, ends the call, and what the attempts before it met would be
 * lost: that becomes its cause. Only on a refusal made in this pipeline, for this call; one that the operation threw is the
 * call's own error, and may be shared with others.
 */
function explain(refusal: unknown, failed: Failure | undefined, call: Call): void {
  if (failed === undefined || !isA(refusal, RejectedError)) return;
  if (refusal.pipeline === call.pipeline) addCause(refusal, failed.error);
}

/** Made by {@link retry}. */
export class RetryPolicy implements Driver {
  readonly role = 'driver';
  readonly type = 'retry';
  readonly name: string | undefined;
  readonly inspectsValues: boolean;
  /** The budget that this policy's retries are taken from; `undefined` without one. */
  readonly budget: RetryBudget | undefined;
  readonly #options: ResolvedRetry;
  readonly #handles: Handles;
  readonly #random: Random;
  readonly #exponential: Exponential;

  /** @internal Use {@link retry}. */
  constructor(options: ResolvedRetry) {
    const { budget, handle, maxRetries } = options;
    this.#options = options;
    this.#handles = maxRetries === 0 ? () => false : handlesOf(handle, isUpstreamFailure);
    this.#random = randomOf(options.random, 'retry');
    this.#exponential = {
      initialDelayMs: options.initialDelay ?? retryDefaults.initialDelay,
      factor: options.factor ?? retryDefaults.factor,
      maxDelayMs: options.maxDelay ?? retryDefaults.maxDelay,
      jitter: options.jitter ?? retryDefaults.jitter,
    };
    this.name = options.name;
    this.inspectsValues = handle !== undefined && maxRetries > 0;
    if (budget === false) this.budget = undefined;
    else this.budget = isRetryBudget(budget) ? budget : new RetryBudget(budget);
  }

  begin(call: Call): void {
    this.budget?.deposit(call.time.recent());
  }

  accepts(_call: Call, outcome: Outcome): boolean {
    return !this.#handles(outcome);
  }

  async drive(drive: Drive, first: Outcome | undefined): Promise<Outcome> {
    const { call } = drive;
    let outcome = first as Outcome;
    let delays: Delays | undefined;
    /** The last failure of an attempt that was made. */
    let failed: Failure | undefined;
    try {
      for (let retries = 1; ; retries++) {
        if (outcome.kind === 'failure' || outcome.kind === 'timeout') failed = outcome;
        if (retries > this.#options.maxRetries) return this.#stop(call, 'exhausted', outcome);
        delays ??= this.#startDelays(drive);
        const delayMs = this.#delay(delays, retries, outcome);
        if (drive.ended) return outcome;
        if (delayMs === undefined) return this.#stop(call, 'retry_after', outcome);
        const now = call.time.now();
        if (now + delayMs >= call.deadline) return this.#stop(call, 'deadline', outcome);
        if (this.budget?.tryWithdraw(now) === false) return this.#stop(call, 'budget', outcome);
        if (call.listening) this.#report(call, delayMs, outcome);
        drive.discard(outcome);
        if (delayMs > 0 && !(await drive.sleep(delayMs))) return GIVEN_UP;
        outcome = await drive.next();
        if (outcome.kind === 'rejected') explain(outcome.error, failed, call);
        if (drive.ended || !this.#handles(outcome)) return outcome;
        // The predicate itself may have aborted the call.
        if (drive.ended) return outcome;
      }
    } catch (error) {
      drive.discard(outcome);
      throw error;
    }
  }

  measure(nowMs: number): PolicyMeasures {
    return this.budget === undefined ? {} : { balance: this.budget.balance(nowMs) };
  }

  fork(): RetryPolicy {
    return new RetryPolicy(this.#options);
  }

  /** @internal One with the same options, but for how it handles outcomes and, where it does not say so itself, reads delays. */
  derive(handleOf: (given: Handle | undefined) => Handle, delayFrom: DelayFrom): RetryPolicy {
    const options = this.#options;
    const handle = handleOf(options.handle);
    return new RetryPolicy({ ...options, handle, delayFrom: options.delayFrom ?? delayFrom });
  }

  #startDelays(drive: Drive): Delays {
    const { backoff } = this.#options;
    if (backoff !== undefined) return startBackoff(backoff, () => drive.context.signal);
    return (retry) => exponentialDelay(this.#exponential, retry, this.#random());
  }

  /** The delay before the next retry; `undefined` when the failure asks for a longer one than is waited for. */
  #delay(delays: Delays, retry: number, outcome: Outcome): number | undefined {
    const { delayFrom, maxRetryAfter } = this.#options;
    const asked = askedBy(delayFrom, outcome);
    // The backoff is asked all the same: those of cockatiel count their own steps.
    const own = delays(retry, outcome);
    if (asked === undefined) return own;
    return askedDelay(asked, maxRetryAfter, this.#random());
  }

  #stop(call: Call, reason: RetryStop, outcome: Outcome): Outcome {
    if (call.listening) {
      const error = outcome.kind === 'success' ? undefined : outcome.error;
      const { attempts } = call;
      call.emit({ type: 'retry_stopped', reason, attempts, outcome: outcome.kind, error });
    }
    return outcome;
  }

  #report(call: Call, delayMs: number, outcome: Outcome): void {
    const error = outcome.kind === 'success' ? undefined : outcome.error;
    call.emit({ type: 'retry', attempt: call.attempts + 1, delayMs, outcome: outcome.kind, error });
  }
}
