import { mark } from '../../copies.js';
import { isRejectedError, isTimeoutError } from '../../error-kinds.js';
import type { RetryStop } from '../../pipeline/contract/events.js';
import type { PolicyMeasures } from '../../pipeline/contract/measures.js';
import type { Call, Drive, Driver } from '../../pipeline/contract/policy.js';
import type {
  BegunRun,
  StraightHalf,
  StraightPlace,
} from '../../pipeline/contract/straight-half.js';
import type { FailureRule } from '../../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { TimeSource } from '../../time/time-source.js';
import type { PolicyRules } from '../client-rules.js';
import { breaksContract, handlesOf, isFailureIn } from '../filter.js';
import { late } from '../late-copies.js';
import { isRetryBudget, RetryBudget } from '../retry-budget/index.js';
import type { LateRetries } from './late-copies.js';
import type { ResolvedRetry, RetryOptions } from './options.js';
import { resolveRetry } from './options.js';
import { RetryRules } from './retry-rules.js';
import type { RetryRun } from './retry-run.js';
import { runAfter } from './retry-run.js';
import { straightRetry } from './straight-retry.js';

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
  readonly #rules: RetryRules;
  #copies: LateRetries | undefined;

  /** @internal Use {@link retry}. */
  constructor(options: ResolvedRetry) {
    const { budget, handle } = options;
    this.#options = options;
    this.#handles =
      handle === undefined
        ? (outcome, call) => isFailureIn(call, outcome) && !breaksContract(outcome)
        : handlesOf(handle, never);
    this.name = options.name;
    this.failureRule = options.failureRule;
    this.#inspectsValues = handle !== undefined && this.#mayRetry;
    if (budget === false) this.budget = undefined;
    else this.budget = isRetryBudget(budget) ? budget : new RetryBudget(budget);
    this.#rules = new RetryRules(options, this.budget);
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
  straight(place: StraightPlace): StraightHalf | undefined {
    const { budget } = this;
    const { maxRetries, handle, onKept, sureSuccess: trusts } = this.#options;
    // A call with no more than a signal asks for no retries.
    const never = maxRetries === 0;
    // By default, no refusal is tried again.
    const letsGo = never || handle === undefined;
    const half: StraightHalf =
      never || handle !== undefined || onKept !== undefined || !this.#asksNobody
        ? { fail: (_call, { kind }) => never || (letsGo && kind === 'rejected'), trusts }
        : straightRetry(this.#rules, maxRetries, place, (drive, run, begun) =>
            this.#goOn(drive, run, begun),
          );
    if (budget === undefined) return { ...half, turnBack: letsGo ? nothing : undefined };
    // A user's own budget may throw.
    if (!(budget instanceof RetryBudget)) return undefined;
    const { time } = place;
    const deposit = (): true => {
      budget.deposit(time.recent());
      return true;
    };
    return { ...half, seat: 'budget', enter: deposit, turnBack: letsGo ? deposit : undefined };
  }

  accepts(call: Call, outcome: Outcome): boolean {
    return this.#maxRetries(call) === 0 || !this.#handles(outcome, call);
  }

  drive(drive: Drive, first: Outcome | undefined): Promise<Outcome> {
    const delays = this.#rules.startDelays(() => drive.context.signal);
    return this.#goOn(drive, runAfter(first as Outcome, delays), undefined);
  }

  /** `begun`: the straight path has waited, or made the next attempt. */
  async #goOn(drive: Drive, run: RetryRun, begun: BegunRun | undefined): Promise<Outcome> {
    const { call } = drive;
    const rules = this.#rules;
    const maxRetries = this.#maxRetries(call);
    let next = begun;
    try {
      for (;;) {
        if (next === undefined || 'stop' in next) {
          // The user's delay may have ended the call. Then the budget need not pay.
          const deadline = () => (drive.ended ? -Infinity : call.deadline);
          const { stop } = next ?? { stop: rules.stops(run, maxRetries, call.time, deadline) };
          const { delayMs } = run;
          if (drive.ended) return run.answer;
          if (stop !== undefined) {
            this.#stop(call, stop, run.answer);
            // A caller that polls in a loop would come back at once.
            if (stop === 'budget' && this.#options.whenSpent === 'wait') await drive.sleep(delayMs);
            return run.answer;
          }
          if (call.listening) this.#report(call, delayMs, run.last);
          this.#options.onKept?.(run.answer);
          if (delayMs > 0 && !(await drive.sleep(delayMs))) return run.answer;
        } else if ('slept' in next && !next.slept) {
          return run.answer;
        }
        const kept = run.answer;
        const outcome =
          next !== undefined && 'outcome' in next ? next.outcome : await this.#next(drive, run);
        next = undefined;
        if (run.startedAt === undefined) {
          if (drive.ended) return kept;
          if (outcome.kind === 'rejected' && !isRefusal(kept, call)) {
            const again = this.#handles(outcome, call);
            if (drive.ended) return kept;
            if (!again) return this.#stop(call, 'rejected', kept, outcome.error);
            run.last = outcome;
            continue;
          }
          // A policy inside has answered by itself, or failed.
          drive.discard(kept);
        }
        run.answer = outcome;
        run.last = outcome;
        if (run.startedAt !== undefined) this.#learnTimeout(call, outcome, run.startedAt);
        if (drive.ended) return outcome;
        const again = this.#handles(outcome, call);
        // The user's predicate may have aborted the call.
        if (drive.ended) return outcome;
        if (again) continue;
        if (run.startedAt !== undefined) this.#learn(call, outcome, run.startedAt);
        return outcome;
      }
    } catch (error) {
      drive.discard(run.answer);
      throw error;
    }
  }

  #next(drive: Drive, run: RetryRun): Promise<Outcome> {
    const { answer } = run;
    run.startedAt = undefined;
    return drive.next({
      onStart: () => {
        run.startedAt = drive.call.time.now();
        drive.discard(answer);
      },
    });
  }

  measure(nowMs: number): PolicyMeasures {
    return this.budget === undefined ? {} : { balance: this.budget.balance(nowMs) };
  }

  /** Resets its budget, a shared one too, and forgets how long successes take. */
  startOver(): void {
    this.#rules.startOver();
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
  withRules({ retrying, sureSuccess, delayFrom, onKept }: PolicyRules): RetryPolicy {
    const options = this.#options;
    return new RetryPolicy({
      ...options,
      handle: retrying(options.handle),
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

  /** Whether the next delay is known without a function of the user's, and a call that is not run again need not wait for it. */
  get #asksNobody(): boolean {
    const { backoff, delayFrom, whenSpent } = this.#options;
    return backoff === undefined && delayFrom === undefined && whenSpent !== 'wait';
  }

  #learn(call: Call, outcome: Outcome, startedAt: number): void {
    if (outcome.kind !== 'success' || call.isFailure(outcome) === 'ignore') return;
    this.#rules.learn(startedAt, call.time);
  }

  /** A retry may not have been over in its time, or in that of the call. */
  #learnTimeout(call: Call, outcome: Outcome, startedAt: number): void {
    if (outcome.kind === 'success' || !isTimeoutError(outcome.error)) return;
    this.#rules.ranOut(startedAt, call.time);
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
