import type { IBreaker } from 'cockatiel';
import { CircuitIsolatedError, CircuitOpenError } from '../../errors.js';
import type { Admission, Audience, Call, Gate } from '../../pipeline/contract.js';
import type { BreakerState, EventBody } from '../../pipeline/events.js';
import type { FailureRule, Sign } from '../../pipeline/failure-rule.js';
import type { PolicyMeasures } from '../../pipeline/observer.js';
import type { Outcome } from '../../pipeline/outcome.js';
import type { TimeSource } from '../../time/time-source.js';
import { randomOf } from '../chance.js';
import type { Handle } from '../filter.js';
import { isUpstreamFailure } from '../filter.js';
import { OneClock } from '../one-clock.js';
import { isQuiet } from '../quiet.js';
import type { DelayFrom } from '../retry-after.js';
import { askedBy } from '../retry-after.js';
import type { SignsIn } from '../sign.js';
import { signsOf } from '../sign.js';
import { Admitted, stampOf, UNCOUNTED } from './admitted.js';
import { causeOf, LatestFailure } from './cause.js';
import { Circuit } from './circuit.js';
import { assertCopyable } from './copyable.js';
import type { Isolation } from './isolations.js';
import { Isolations } from './isolations.js';
import type { Judge, OpenReason, RunStep } from './judge.js';
import { judgeOf } from './judge.js';
import type { CircuitBreakerOptions, ResolvedCircuitBreaker } from './options.js';
import { breakerOf, resolveCircuitBreaker } from './options.js';
import { probesNeeded } from './probes.js';
import { refusalOf, waitOf } from './refusal.js';
import type { Transitions } from './reporter.js';
import { Reporter } from './reporter.js';
import { restore, restoreAtOnce, takeSnapshot } from './restore.js';
import type { CircuitBreakerSnapshot } from './snapshot.js';

/**
 * Stops calling an upstream that keeps failing: after too many failures it refuses calls with a {@link CircuitOpenError} for a
 * while, then lets a few probes in, closes when they succeed, and lets in more and more calls.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * circuitBreaker({ failureRate: 0.99, window: '10s', minimumCalls: 20, openFor: '500ms' })
 */
export function circuitBreaker(options?: CircuitBreakerOptions): CircuitBreakerPolicy {
  return new CircuitBreakerPolicy(resolveCircuitBreaker(options));
}

/** Made by {@link circuitBreaker}. */
export class CircuitBreakerPolicy implements Gate {
  readonly role = 'gate';
  readonly type = 'circuit_breaker';
  readonly name: string | undefined;
  readonly quiet: boolean;
  readonly #options: ResolvedCircuitBreaker;
  /** @internal */
  readonly failureRule: FailureRule | undefined;
  readonly #signs: SignsIn;
  /** Whether results have to be looked at. */
  #inspects: boolean;
  readonly #slowMs: number;
  readonly #breaker: IBreaker | undefined;
  readonly #judge: Judge;
  readonly #circuit: Circuit;
  readonly #isolations = new Isolations(() => this.#circuit.close('released'));
  readonly #reporter: Reporter;
  readonly #latestFailure = new LatestFailure();
  readonly #time = new OneClock('circuitBreaker', 'breaker');
  /** When this state began, and when failures that came late last made a step of a run. */
  #stateSince = -Infinity;
  #lateStepAt = -Infinity;
  /** What is still to be restored, once there is a clock. */
  #toRestore: CircuitBreakerSnapshot | undefined;

  /** @internal Use {@link circuitBreaker}. */
  constructor(options: ResolvedCircuitBreaker, transitions?: Transitions) {
    const { probes, initialState } = options;
    this.#options = options;
    this.name = options.name;
    this.quiet = isQuiet(options);
    this.failureRule = options.failureRule;
    this.#reporter = new Reporter(!options.dryRun, transitions);
    this.#signs = signsOf(options.handle, isUpstreamFailure);
    this.#inspects = options.handle !== undefined;
    this.#slowMs = options.slowCallDuration ?? Infinity;
    this.#breaker = breakerOf(options.breaker);
    this.#judge = judgeOf(options, this.#breaker);
    this.#circuit = new Circuit(
      {
        openForMs: options.openFor,
        maxOpenForMs: options.maxOpenFor,
        probes,
        probesNeeded: probesNeeded(probes, options.probeSuccessRate),
        probeTimeoutMs: options.probeTimeout,
        rampForMs: options.rampFor,
      },
      this.#judge,
      randomOf(options.random, 'circuitBreaker'),
      (from, to, reason, openForMs) => {
        this.#stateSince = this.#time.source.now();
        this.#latestFailure.forget();
        this.#reporter.report(from, to, reason, openForMs, this.#circuit.cause);
      },
    );
    if (initialState === undefined) return;
    restoreAtOnce(initialState, this.#circuit, this.#breaker);
    if (initialState.state !== 'isolated') this.#toRestore = initialState;
  }

  /** The state now: reading it moves an open breaker on to half-open when its time is over. */
  get state(): BreakerState {
    this.#circuit.advance(this.#boundTime().now());
    return this.#circuit.state;
  }

  bind(time: TimeSource, hasRule?: boolean): void {
    this.#time.bind(time);
    if (hasRule === true) this.#inspects = true;
    const earlier = this.#toRestore;
    if (earlier === undefined) return;
    this.#toRestore = undefined;
    restore(earlier, this.#circuit, this.#judge, time.clock, this.#options);
  }

  enter(call: Call): Admission {
    const circuit = this.#circuit;
    return circuit.calm ? this.#letIn(call, circuit.stamp) : this.#enterAsCause(call);
  }

  exit(call: Call, outcome: Outcome): void {
    const { state } = call;
    if (typeof state === 'number') {
      if (state < this.#circuit.generation) return;
      // The path of a successful call: no exact time is needed to find its bucket.
      if (outcome.kind === 'success' && !this.#inspects) {
        const at = this.#judge.timed ? call.time.recent() : 0;
        const reason = this.#judge.record(at, false, false);
        if (reason !== undefined) this.#openAsCause(call, reason);
        return;
      }
    }
    this.#exitAsCause(call, outcome);
  }

  failedLate(outcome: Outcome, succeededAt: number, callId?: number): void {
    this.#reporter.lateCall = callId;
    try {
      this.#countLate(outcome, succeededAt);
    } finally {
      this.#reporter.lateCall = undefined;
    }
  }

  #countLate(outcome: Outcome, succeededAt: number): void {
    const circuit = this.#circuit;
    const now = this.#boundTime().now();
    circuit.advance(now);
    const { state } = circuit;
    // As with any outcome, what was let in before this state says nothing of it.
    if (state === 'open' || state === 'isolated' || succeededAt < this.#stateSince) return;
    const sign = this.#signs(outcome, undefined);
    if (!isFailed(sign)) return;
    const cause = causeOf(outcome);
    const relapsed = circuit.failLate(now, cause);
    if (circuit.state !== 'closed') return;
    this.#latestFailure.note(outcome);
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

  /** Opens the breaker by hand, for as long as its rules would; then it probes as ever. Does nothing while it is open or isolated. */
  trip(): void {
    this.#circuit.trip(this.#boundTime().now());
  }

  /**
   * Refuses all calls with a CircuitIsolatedError until the handle, and every other one, is released. An isolation restored by
   * `initialState`, whose holder is gone, is held by the handles made since.
   */
  isolate(): Isolation {
    const handle = this.#isolations.hold();
    this.#toRestore = undefined;
    this.#circuit.isolate();
    return handle;
  }

  /** Closes the breaker and forgets all it knows, isolations included (also one that was restored). */
  reset(): void {
    this.#isolations.clear();
    this.#toRestore = undefined;
    this.#stateSince = this.#time.source.now();
    this.#circuit.close('reset');
  }

  /** Its state as plain JSON, for {@link CircuitBreakerOptions.initialState}. Open time is in wall-clock, so it survives a restart. */
  snapshot(): CircuitBreakerSnapshot {
    const { clock } = this.#boundTime();
    return takeSnapshot(this.#circuit, this.#judge, this.#breaker, clock);
  }

  fork(): CircuitBreakerPolicy {
    assertCopyable(this.#options);
    return new CircuitBreakerPolicy(this.#options, this.#reporter.transitions);
  }

  /** @internal One with the same options, but for how it handles outcomes and, where it does not say so itself, reads delays. */
  derive(
    handleOf: (given: Handle | undefined) => Handle,
    delayFrom: DelayFrom,
    failureRule?: FailureRule | undefined,
  ): CircuitBreakerPolicy {
    const options = this.#options;
    return new CircuitBreakerPolicy({
      ...options,
      handle: handleOf(options.handle),
      failureRule,
      delayFrom: options.delayFrom ?? delayFrom,
    });
  }

  measure(nowMs: number): PolicyMeasures {
    // A reading moves nothing. Open time that is over is shown as such, or a breaker that nobody calls would look open for ever.
    const circuit = this.#circuit;
    const over = circuit.state === 'open' && nowMs >= circuit.openUntil;
    const state = over ? 'half_open' : circuit.state;
    this.#judge.advance(nowMs);
    const { total, failures, slow } = this.#judge.health;
    if (failures === 0) this.#latestFailure.forget();
    const slowCalls = this.#slowMs === Infinity ? {} : { slowCalls: slow };
    const { transitions } = this.#reporter;
    return { state, transitions, calls: total, failures, ...slowCalls };
  }

  /** Reports each change of state, whatever causes it. Returns the unsubscriber. */
  subscribe(emit: (event: EventBody, callId?: number) => void): () => void {
    return this.#reporter.subscribe(emit);
  }

  get audience(): Audience {
    return this.#reporter.audience;
  }

  /** While it is open it must not be forgotten. Half-open without a call in flight it knows nothing worth keeping. */
  busy(): boolean {
    const { state } = this;
    return state === 'open' || state === 'isolated';
  }

  #enterAsCause(call: Call): Admission {
    const outer = this.#reporter.causedBy(call);
    try {
      return this.#enterNotCalm(call);
    } finally {
      this.#reporter.causedBy(outer);
    }
  }

  #letIn(call: Call, stamp: number): undefined {
    call.state =
      this.#slowMs === Infinity ? stamp : new Admitted(call.time.now(), stamp, undefined);
  }

  #enterNotCalm(call: Call): Admission {
    const circuit = this.#circuit;
    if (circuit.closed) return this.#enterClosed(call);
    const now = call.time.now();
    circuit.advance(now);
    if (circuit.closed) return this.#enterClosed(call);
    const probe = circuit.tryProbe(now);
    if (probe !== undefined || circuit.ramp?.admit(now) === true) {
      call.state = new Admitted(now, stampOf(call, circuit), probe);
      return undefined;
    }
    if (!this.#options.dryRun) return refusalOf(circuit, call, now);
    call.state = UNCOUNTED;
    const { reason } = circuit.state === 'isolated' ? CircuitIsolatedError : CircuitOpenError;
    call.wouldReject(reason, waitOf(circuit, now));
    return undefined;
  }

  #enterClosed(call: Call): undefined {
    const circuit = this.#circuit;
    circuit.calm = this.#judge.health.consecutiveFailures === 0;
    this.#letIn(call, stampOf(call, circuit));
  }

  /** A success tripped it: with slow calls, or by filling up the calls it takes to judge. */
  #openAsCause(call: Call, reason: OpenReason): void {
    const outer = this.#reporter.causedBy(call);
    try {
      const cause = this.#latestFailure.causeOf(reason);
      this.#circuit.open(call.time.now(), reason, undefined, cause);
    } finally {
      this.#reporter.causedBy(outer);
    }
  }

  #exitAsCause(call: Call, outcome: Outcome): void {
    const outer = this.#reporter.causedBy(call);
    try {
      this.#count(call, outcome);
    } finally {
      this.#reporter.causedBy(outer);
    }
  }

  #count(call: Call, outcome: Outcome): void {
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
      if (isFailed(sign)) asked = askedBy(this.#options.delayFrom, outcome);
    } finally {
      // Also when it throws: that the call failed is known by then, and a breaker that counts nothing protects nobody.
      this.#record(call, admitted, stamp, outcome, sign, asked);
    }
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
    // The user's functions may have moved the breaker by hand.
    if (stamp < circuit.generation) return;
    if (sign === 'nothing') {
      if (probe !== undefined) circuit.freeProbe(probe, call.time.now());
      return;
    }
    const failed = isFailed(sign);
    const now = call.time.now();
    const slow = admitted !== undefined && now - admitted.startedAt > this.#slowMs;
    if (probe !== undefined) {
      const cause = failed ? causeOf(outcome) : undefined;
      circuit.settleProbe(probe, now, !failed && !slow, asked, cause);
      return;
    }
    circuit.advance(now);
    if (failed) this.#latestFailure.note(outcome);
    let reason = this.#judge.record(now, failed, slow, this.#runStep(sign, stamp));
    // Told last, as what it answers holds only as long as nothing else has moved the breaker.
    if (reason === undefined && circuit.relapses(failed || slow)) reason = 'relapsed';
    if (reason !== undefined) {
      const cause = failed ? causeOf(outcome) : this.#latestFailure.causeOf(reason);
      circuit.open(now, reason, asked, cause);
    }
  }

  /** What the call is to a run of failures. */
  #runStep(sign: Sign, stamp: number): RunStep {
    if (sign !== 'failure') return 'none';
    const first = this.#judge.health.consecutiveFailures === 0;
    return this.#circuit.step(stamp, first) ? 'next' : 'same';
  }

  #boundTime(): TimeSource {
    const { source } = this.#time;
    this.bind(source);
    return source;
  }
}

function isFailed(sign: Sign): boolean {
  return sign === 'failure' || sign === 'busy';
}
