import type { Call } from '../../pipeline/contract/policy.js';
import type { Sign } from '../../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { TimeSource } from '../../time/time-source.js';
import { isUpstreamFailure } from '../filter.js';
import { isOwnDelay } from '../own-delay.js';
import type { DelayFrom } from '../retry-after.js';
import { askedBy } from '../retry-after.js';
import type { SignsIn } from '../sign.js';
import { signsOf } from '../sign.js';
import { isSuperseded } from '../superseded.js';
import { Admitted } from './admitted.js';
import { causeOf, LatestFailure } from './cause.js';
import type { Circuit } from './circuit.js';
import type { Judge, OpenReason, RunStep } from './judge.js';
import type { ResolvedCircuitBreaker } from './options.js';

/** A time against which a tick is short. */
const LONG_MS = 500;

/** Passes on how calls ended: to the judge, the probes, the ramp and the run of failures. */
export class CallEnds {
  /** Whether results have to be looked at. */
  inspects: boolean;
  /** When this state began. */
  #stateSince = -Infinity;
  readonly latestFailure = new LatestFailure();
  /** When failures that came late last made a step of a run. */
  #lateStepAt = -Infinity;
  readonly #circuit: Circuit;
  readonly #judge: Judge;
  readonly #signs: SignsIn;
  readonly #slowMs: number;
  /** Whether a tick makes no difference to how long failures have been coming. */
  readonly #isRough: boolean;
  /** When the last failure was recorded, or this state began. */
  #failedAt = -Infinity;
  readonly #delayFrom: DelayFrom | undefined;

  constructor(options: ResolvedCircuitBreaker, circuit: Circuit, judge: Judge) {
    this.#circuit = circuit;
    this.#judge = judge;
    this.inspects = options.handle !== undefined;
    this.#signs = signsOf(options.handle, isUpstreamFailure);
    this.#slowMs = options.slowCallDuration ?? Infinity;
    this.#isRough = options.failingFor === 0 || options.failingFor >= LONG_MS;
    this.#delayFrom = options.delayFrom;
  }

  /** A state begins, or goes on as it was restored. */
  begin(now: number): void {
    this.#stateSince = now;
    this.#failedAt = now;
    this.latestFailure.forget();
  }

  /** Earlier outcomes say nothing any more. */
  startOver(now: number): void {
    this.begin(now);
    this.#lateStepAt = -Infinity;
  }

  /** A call that was let in has ended, and its outcome may count. */
  ended(call: Call, outcome: Outcome): void {
    const circuit = this.#circuit;
    const { state } = call;
    const admitted = state instanceof Admitted ? state : undefined;
    const probe = admitted?.probe;
    const stamp = admitted?.stamp ?? (state as number);
    if (stamp < circuit.generation) return;
    let sign: Sign;
    try {
      sign = this.#signs(outcome, call);
    } catch (error) {
      if (probe !== undefined) circuit.freeProbe(probe, call.time.now());
      throw error;
    }
    let asked: number | undefined;
    try {
      if (isFailed(sign)) asked = askedBy(this.#delayFrom, outcome);
    } finally {
      // Even when it throws. By then the failure of the call is known, and a breaker that counts nothing protects nobody.
      this.#record(call, admitted, stamp, outcome, sign, asked);
    }
  }

  /**
   * A call that was let in at `stamp`, in this state, has failed, and no user code says what that means. Returns why the breaker has to open
   * now, if it has to.
   */
  failedPlainly(outcome: Outcome, stamp: number, time: TimeSource): OpenReason | undefined {
    if (!isUpstreamFailure(outcome) || isOwnDelay(outcome)) return undefined;
    this.latestFailure.note(outcome);
    const now = this.#isRough ? this.#roughNow(time) : time.now();
    this.#failedAt = now;
    return this.#judge.record(now, true, false, this.#runStep('failure', stamp));
  }

  /** A tick old at most, but not before the last failure: the judge takes that for a clock that goes back. */
  #roughNow(time: TimeSource): number {
    const now = time.recent();
    return time.ticking ? Math.max(now, this.#failedAt) : now;
  }

  #record(
    call: Call,
    admitted: Admitted | undefined,
    stamp: number,
    outcome: Outcome,
    sign: Sign,
    asked: number | undefined,
  ): void {
    const circuit = this.#circuit;
    const probe = admitted?.probe;
    // User functions may have moved the breaker by hand.
    if (stamp < circuit.generation) return;
    const failed = isFailed(sign);
    const now = call.time.now();
    const slow =
      admitted !== undefined && call.time.elapsed(admitted.startedAt, now) > this.#slowMs;
    // An attempt that lost to a hedge says that it was slow, if it was.
    if (sign === 'nothing' && !(slow && isSuperseded(outcome))) {
      if (probe !== undefined) circuit.freeProbe(probe, now);
      return;
    }
    if (probe !== undefined) {
      const cause = failed ? causeOf(outcome) : undefined;
      circuit.settleProbe(probe, now, !failed && !slow, asked, cause);
      return;
    }
    circuit.advance(now);
    if (failed) {
      this.latestFailure.note(outcome);
      this.#failedAt = now;
    }
    let reason = this.#judge.record(now, failed, slow, this.#runStep(sign, stamp));
    // Tell the judge last: its answer holds only while nothing else has moved the breaker.
    if (reason === undefined && circuit.relapses(failed || slow)) reason = 'relapsed';
    if (reason !== undefined) {
      const cause = failed ? causeOf(outcome) : this.latestFailure.causeOf(reason);
      circuit.open(now, reason, asked, cause);
    }
  }

  /** What the call is to a run of failures. */
  #runStep(sign: Sign, stamp: number): RunStep {
    if (sign !== 'failure') return 'none';
    const first = this.#judge.health.consecutiveFailures === 0;
    return this.#circuit.step(stamp, first) ? 'next' : 'same';
  }

  /** A call that was let in, and succeeded at `succeededAt`, has failed since. */
  failedLate(outcome: Outcome, succeededAt: number, now: number): void {
    const circuit = this.#circuit;
    circuit.advance(now);
    const { state } = circuit;
    // As with any outcome, a call that was let in before this state says nothing about it.
    if (state === 'open' || state === 'isolated' || succeededAt < this.#stateSince) return;
    const sign = this.#signs(outcome, undefined);
    if (!isFailed(sign)) return;
    const cause = causeOf(outcome);
    const relapsed = circuit.failLate(now, cause);
    if (circuit.state !== 'closed') return;
    this.latestFailure.note(outcome);
    this.#failedAt = now;
    // What was being read when failures made their last step is part of it.
    const { consecutiveFailures } = this.#judge.health;
    let step: RunStep = 'none';
    if (sign === 'failure') {
      step = consecutiveFailures === 0 || succeededAt >= this.#lateStepAt ? 'next' : 'same';
    }
    if (step === 'next') {
      circuit.step(circuit.stamp, true);
      this.#lateStepAt = now;
    }
    const reason = this.#judge.failLate(now, step) ?? (relapsed ? 'relapsed' : undefined);
    if (reason !== undefined) circuit.open(now, reason, undefined, cause);
  }
}

function isFailed(sign: Sign): boolean {
  return sign === 'failure' || sign === 'busy';
}
