import type { BlockedTime } from '../../time/blocks.js';
import type { CallWindow } from '../../windows/call-window.js';
import { CountWindow } from '../../windows/count-window.js';
import { TimeWindow } from '../../windows/time-window.js';
import type { Judge, Known, OpenReason, RunStep } from './judge.js';
import type { ResolvedCircuitBreaker } from './options.js';
import { circuitBreakerDefaults } from './options.js';
import type { Health, TripRule } from './trip-rule.js';
import { tripReason } from './trip-rule.js';

/** Judges by holdfast's own rules. */
export class RuleJudge implements Judge, Health {
  readonly timed: boolean;
  blocked: BlockedTime | undefined;
  readonly #rule: TripRule;
  readonly #window: CallWindow;
  /** Steps of the latest run of failures, and its first failure. */
  #run = 0;
  #runSince = 0;
  /** The successes since. The run goes on as long as there is none. */
  #successes = 0;
  /** The run before, and the successes between the two. Late failures may take those away. */
  #earlier = 0;
  #earlierSince = 0;
  #between = 0;
  /** The first failure since the window last held none. */
  #failuresSince = 0;
  #lastFailureAt = 0;
  /** The latest failure of the run. */
  #runUntil = 0;

  constructor(options: ResolvedCircuitBreaker) {
    const window = options.window ?? circuitBreakerDefaults.window;
    this.#rule = ruleOf(options);
    this.#window =
      typeof window === 'number' ? new TimeWindow(window) : new CountWindow(window.calls);
    this.timed = this.#window.timed;
  }

  get health(): Health {
    return this;
  }

  get total(): number {
    return this.#window.total;
  }

  get failures(): number {
    return this.#window.failures;
  }

  get slow(): number {
    return this.#window.slow;
  }

  get failuresLastedMs(): number {
    return this.#lasted(this.#failuresSince, this.#lastFailureAt);
  }

  get consecutiveFailures(): number {
    return this.#successes === 0 ? this.#run : 0;
  }

  get runLastedMs(): number {
    return this.#lasted(this.#runSince, this.#runUntil);
  }

  /** While a run of failures goes on: when it began. */
  get failingSince(): number | undefined {
    return this.consecutiveFailures > 0 ? this.#runSince : undefined;
  }

  record(
    nowMs: number,
    failed: boolean,
    slow: boolean,
    step: RunStep = 'next',
  ): OpenReason | undefined {
    this.#window.record(nowMs, failed, slow);
    if (failed) this.#failed(nowMs, step);
    else this.#successes++;
    return this.#verdict();
  }

  succeeded(nowMs: number): OpenReason | undefined {
    const window = this.#window;
    window.succeed(nowMs);
    this.#successes++;
    // Not by a further call: almost every call of a pipeline comes here.
    return window.failures === 0 && window.slow === 0 ? undefined : tripReason(this, this.#rule);
  }

  failLate(nowMs: number, step: RunStep): OpenReason | undefined {
    if (!this.#window.failSuccess(nowMs)) return this.record(nowMs, true, false, step);
    if (this.#successes > 0) {
      if (--this.#successes > 0) this.#newRun(nowMs);
    } else if (this.#between > 0 && --this.#between === 0) {
      this.#run += this.#earlier;
      if (this.#earlier > 0) this.#runSince = this.#earlierSince;
      this.#earlier = 0;
    }
    this.#failed(nowMs, step);
    return this.#verdict();
  }

  opened(): void {
    this.#clear();
  }

  closed(): void {
    this.#clear();
  }

  advance(nowMs: number): void {
    this.#window.advance(nowMs);
  }

  restore(atMs: number, known: Known, failingSinceMs = atMs): void {
    const { window, consecutiveFailures } = known;
    this.#window.add(atMs, window.calls, window.failures, window.slow);
    this.#clearRun();
    this.#run = consecutiveFailures;
    this.#runSince = Math.min(failingSinceMs, atMs);
    this.#failuresSince = atMs;
    this.#lastFailureAt = atMs;
    this.#runUntil = atMs;
  }

  #verdict(): OpenReason | undefined {
    const { failures, slow } = this.#window;
    return failures === 0 && slow === 0 ? undefined : tripReason(this, this.#rule);
  }

  #lasted(sinceMs: number, untilMs: number): number {
    return this.blocked?.elapsed(sinceMs, untilMs) ?? untilMs - sinceMs;
  }

  #failed(nowMs: number, step: RunStep): void {
    // The clock went back, which it must not do. The time of the failures counts from here on.
    const back = nowMs < this.#lastFailureAt;
    if (back || this.#window.failures === 1) this.#failuresSince = nowMs;
    this.#lastFailureAt = nowMs;
    if (back) this.#runSince = this.#runUntil = nowMs;
    if (step === 'none') return;
    if (this.#successes > 0) this.#newRun(nowMs);
    if (this.#run === 0) this.#runSince = nowMs;
    if (step === 'next' || this.#run === 0) this.#run++;
    this.#runUntil = nowMs;
  }

  #clear(): void {
    this.#window.clear();
    this.#clearRun();
  }

  #clearRun(): void {
    this.#run = this.#successes = this.#earlier = this.#between = 0;
  }

  /** The successes since the latest run have ended it. */
  #newRun(nowMs: number): void {
    this.#earlier = this.#run;
    this.#earlierSince = this.#runSince;
    this.#between = this.#successes;
    this.#run = this.#successes = 0;
    this.#runSince = nowMs;
  }
}

function ruleOf(options: ResolvedCircuitBreaker): TripRule {
  const orDefault = (given: number | false | undefined, byDefault: number) =>
    given === false ? undefined : (given ?? byDefault);
  return {
    failureRate: orDefault(options.failureRate, circuitBreakerDefaults.failureRate),
    slowCallRate: options.slowCallRate,
    minimumCalls: options.minimumCalls ?? circuitBreakerDefaults.minimumCalls,
    consecutiveFailures: orDefault(
      options.consecutiveFailures,
      circuitBreakerDefaults.consecutiveFailures,
    ),
    failingForMs: options.failingFor,
  };
}
