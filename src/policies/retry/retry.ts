import { mark } from '../../copies.js';
import { isRejectedError, isTimeoutError } from '../../error-kinds.js';
import type { RetryStop } from '../../pipeline/contract/events.js';
import type { PolicyMeasures } from '../../pipeline/contract/measures.js';
import type { Call, Drive, Driver } from '../../pipeline/contract/policy.js';
import type {
  StraightEnd,
  StraightHalf,
  StraightPlace,
} from '../../pipeline/contract/straight-half.js';
import type { FailureRule } from '../../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { TimeSource } from '../../time/time-source.js';
import type { Random } from '../chance.js';
import { randomOf } from '../chance.js';
import type { PolicyRules } from '../client-rules.js';
import { breaksContract, handlesOf, isFailureIn } from '../filter.js';
import { late } from '../late-copies.js';
import { askedBy } from '../retry-after.js';
import { isRetryBudget, RetryBudget } from '../retry-budget/index.js';
import type { Delays } from './backoff.js';
import { startBackoff } from './backoff.js';
import type { Exponential } from './delay.js';
import { askedDelay, exponentialDelay } from './delay.js';
import type { LateRetries } from './late-copies.js';
import type { ResolvedRetry, RetryOptions } from './options.js';
import { resolveRetry, retryDefaults } from './options.js';
import { TypicalDuration } from './typical-duration.js';

/**
 * Runs a failed call again, after a delay that grows and is spread by jitter. `maxRetries` and a budget over all calls bound the retries.
 * The budget keeps retries from multiplying an overload: it bounds them to a share of the calls.
 *
 * No retry starts that could not start before the call's deadline. When retries end, for whatever reason, the call ends with the
 * last real outcome: the last error itself, or the last result.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * retry({ maxRetries: 2, handle: handleType(NetworkError) })
 */
export function retry(options?: RetryOptions): RetryPolicy {
  return new RetryPolicy(resolveRetry(options));
}

/** Whether a policy of this pipeline refused the run. A rejection that the operation threw is the call's own error. */
function isRefusal(outcome: Outcome, call: Call): boolean {
  if (outcome.kind !== 'rejected' || !isRejectedError(outcome.error)) return false;
  const { pipeline, key } = outcome.error;
  return pipeline === call.pipeline && key === call.publicKey;
}

/** Made by {@link retry}. */
export class RetryPolicy implements Driver {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(RetryPolicy, 'retry');

  readonly role = 'driver';
  readonly type = 'retry';
  readonly name: string | undefined;
  #inspectsValues: boolean;
  /** @internal */
  readonly failureRule: FailureRule | undefined;
  /** The budget that pays for this policy's retries; `undefined` without one. */
  readonly budget: RetryBudget | undefined;
  readonly #options: ResolvedRetry;
  /** Whether an outcome is to be tried again. */
  readonly #handles: (outcome: Outcome, call: Call) => boolean;
  readonly #random: Random;
  readonly #exponential: Exponential;
  #typical = new TypicalDuration();
  #copies: LateRetries | undefined;

  /** @internal Use {@link retry}. */
  constructor(options: ResolvedRetry) {
    const { budget, handle } = options;
    this.#options = options;
    this.#handles =
      handle === undefined
        ? (outcome, call) => isFailureIn(call, outcome) && !breaksContract(outcome)
        : handlesOf(handle, never);
    this.#random = randomOf(options.random, 'retry');
    this.#exponential = {
      initialDelayMs: options.initialDelay ?? retryDefaults.initialDelay,
      factor: options.factor ?? retryDefaults.factor,
      maxDelayMs: options.maxDelay ?? retryDefaults.maxDelay,
      jitter: options.jitter ?? retryDefaults.jitter,
    };
    this.name = options.name;
    this.failureRule = options.failureRule;
    this.#inspectsValues = handle !== undefined && this.#mayRetry;
    if (budget === false) this.budget = undefined;
    else this.budget = isRetryBudget(budget) ? budget : new RetryBudget(budget);
  }

  get inspectsValues(): boolean {
    return this.#inspectsValues;
  }

  /** @internal */
  bind(_time: TimeSource, hasRule?: boolean): void {
    if (hasRule === true && this.#mayRetry) this.#inspectsValues = true;
  }

  begin(call: Call): void {
    this.budget?.deposit(call.time.recent());
  }

  /** @internal */
  straight({ time }: StraightPlace): StraightHalf | undefined {
    const { budget } = this;
    // A call with no more than a signal asks for no retries.
    const never = this.#options.maxRetries === 0;
    const byDefault = this.#options.handle === undefined;
    // By default, no refusal is tried again.
    const fail = (_call: unknown, { kind }: StraightEnd): boolean =>
      never || (byDefault && kind === 'rejected');
    const letsGo = never || byDefault;
    const { sureSuccess: trusts } = this.#options;
    if (budget === undefined) return { fail, trusts, turnBack: letsGo ? nothing : undefined };
    // A user's own budget may throw.
    if (!(budget instanceof RetryBudget)) return undefined;
    const deposit = (): true => {
      budget.deposit(time.recent());
      return true;
    };
    return { fail, trusts, enter: deposit, turnBack: letsGo ? deposit : undefined };
  }

  accepts(call: Call, outcome: Outcome): boolean {
    return this.#maxRetries(call) === 0 || !this.#handles(outcome, call);
  }

  async drive(drive: Drive, first: Outcome | undefined): Promise<Outcome> {
    const { call } = drive;
    /** How the last attempt ended. It is the answer unless a retry brings another. Only then is a result discarded. */
    let answer = first as Outcome;
    /** The outcome that is retried: the answer, or the refusal of a retry where `handle` retries that too. */
    let last = answer;
    let delays: Delays | undefined;
    const maxRetries = this.#maxRetries(call);
    try {
      for (let retries = 1; ; retries++) {
        if (retries > maxRetries) return this.#stop(call, 'exhausted', answer);
        delays ??= this.#startDelays(drive);
        const delayMs = this.#delay(delays, retries, last);
        if (drive.ended) return answer;
        if (delayMs === undefined) return this.#stop(call, 'retry_after', answer);
        const now = call.time.now();
        if (!this.#isInTime(call, now, delayMs)) return this.#stop(call, 'deadline', answer);
        if (this.budget?.tryWithdraw(now) === false) {
          this.#stop(call, 'budget', answer);
          // A caller that polls in a loop would come back at once.
          if (this.#options.whenSpent === 'wait') await drive.sleep(delayMs);
          return answer;
        }
        if (call.listening) this.#report(call, delayMs, last);
        this.#options.onKept?.(answer);
        if (delayMs > 0 && !(await drive.sleep(delayMs))) return answer;
        const kept = answer;
        let startedAt: number | undefined;
        const outcome = await drive.next({
          onStart: () => {
            startedAt = call.time.now();
            drive.discard(kept);
          },
        });
        if (startedAt === undefined) {
          if (drive.ended) return kept;
          if (outcome.kind === 'rejected' && !isRefusal(kept, call)) {
            const again = this.#handles(outcome, call);
            if (drive.ended) return kept;
            if (!again) return this.#stop(call, 'rejected', kept, outcome.error);
            last = outcome;
            continue;
          }
          // A policy inside has answered by itself, or failed.
          drive.discard(kept);
        }
        answer = outcome;
        last = outcome;
        if (startedAt !== undefined) this.#learnTimeout(call, outcome, startedAt);
        if (drive.ended) return outcome;
        const again = this.#handles(outcome, call);
        // The user's predicate may have aborted the call.
        if (drive.ended) return outcome;
        if (again) continue;
        if (startedAt !== undefined) this.#learn(call, outcome, startedAt);
        return outcome;
      }
    } catch (error) {
      drive.discard(answer);
      throw error;
    }
  }

  measure(nowMs: number): PolicyMeasures {
    return this.budget === undefined ? {} : { balance: this.budget.balance(nowMs) };
  }

  /** Resets its budget, a shared one too, and forgets how long successes take. */
  startOver(): void {
    this.#typical = new TypicalDuration();
    this.budget?.startOver?.();
  }

  fork(): RetryPolicy {
    return new RetryPolicy(this.#options);
  }

  /** @internal */
  get copies(): LateRetries | undefined {
    const { budget } = this.#options;
    if (late.Retries !== undefined) {
      this.#copies ??= new late.Retries(this, budget !== false && !isRetryBudget(budget));
    }
    return this.#copies;
  }

  /** @internal A call may then ask for retries although the policy makes none. */
  withRules({ retrying, sureSuccess, delayFrom, onKept, rule }: PolicyRules): RetryPolicy {
    const options = this.#options;
    return new RetryPolicy({
      ...options,
      handle: retrying(options.handle),
      failureRule: rule,
      sureSuccess: sureSuccess(options.handle),
      delayFrom: options.delayFrom ?? delayFrom,
      onKept,
    });
  }

  /** A call may ask for retries where the policy makes none. */
  get #mayRetry(): boolean {
    const { maxRetries, onKept } = this.#options;
    return maxRetries > 0 || onKept !== undefined;
  }

  #maxRetries(call: Call): number {
    return call.setting(call.layer) ?? this.#options.maxRetries;
  }

  #startDelays(drive: Drive): Delays {
    const { backoff } = this.#options;
    if (backoff !== undefined) return startBackoff(backoff, () => drive.context.signal);
    return (retry) => exponentialDelay(this.#exponential, retry, this.#random());
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

  /** Whether there is time for the delay, and after it for as long as a success takes. */
  #isInTime(call: Call, now: number, delayMs: number): boolean {
    const timeLeft = call.deadline - now - delayMs;
    return timeLeft > 0 && this.#typical.isEnough(timeLeft, now);
  }

  /** Measures the successes of retries only. They cost time anyway; a call that succeeds at once must not. */
  #learn(call: Call, outcome: Outcome, startedAt: number): void {
    if (outcome.kind !== 'success' || call.isFailure(outcome) === 'ignore') return;
    const now = call.time.now();
    this.#typical.add(call.time.elapsed(startedAt, now), now);
  }

  /** A retry may not have been over in its time, or in that of the call. */
  #learnTimeout(call: Call, outcome: Outcome, startedAt: number): void {
    if (outcome.kind === 'success' || !isTimeoutError(outcome.error)) return;
    const now = call.time.now();
    this.#typical.ranOut(call.time.elapsed(startedAt, now), now);
  }

  #stop(call: Call, reason: RetryStop, outcome: Outcome, refusal?: unknown): Outcome {
    if (call.listening) {
      const by = isRejectedError(refusal) ? refusal.policy : undefined;
      const { attempts } = call;
      call.emit({ type: 'retry_stopped', reason, by, attempts, ...call.told(outcome) });
    }
    return outcome;
  }

  #report(call: Call, delayMs: number, outcome: Outcome): void {
    call.emit({ type: 'retry', attempt: call.attempts + 1, delayMs, ...call.told(outcome) });
  }
}

function nothing(): void {}

function never(): boolean {
  return false;
}
