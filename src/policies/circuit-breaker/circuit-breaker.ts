import type { IBreaker } from 'cockatiel';
import { mark } from '../../copies.js';
import { CircuitIsolatedError, CircuitOpenError } from '../../errors.js';
import type { Home } from '../../pipeline/call/async-context.js';
import type { BreakerState, EventBody } from '../../pipeline/contract/events.js';
import type { PolicyMeasures } from '../../pipeline/contract/measures.js';
import type { Admission, Audience, Call, Gate } from '../../pipeline/contract/policy.js';
import type { Refusals } from '../../pipeline/contract/refusals.js';
import type { StraightHalf, StraightPlace } from '../../pipeline/contract/straight-half.js';
import type { FailureRule } from '../../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import { reportFault } from '../../pipeline/reporting/faults.js';
import type { TimeSource } from '../../time/time-source.js';
import type { PolicyRules } from '../client-rules.js';
import { late } from '../late-copies.js';
import type { Named } from '../named.js';
import { OneClock } from '../one-clock.js';
import { isQuiet } from '../quiet.js';
import { retryAfterOf } from '../retry-after.js';
import { CallEnds } from './call-ends.js';
import { CallStarts } from './call-starts.js';
import { judgeOf } from './choose-judge.js';
import { Circuit } from './circuit.js';
import { breakerOf } from './cockatiel-breaker.js';
import { assertCopyable } from './copyable.js';
import { HalfOpenAlarm } from './half-open-alarm.js';
import type { Isolation } from './isolations.js';
import { Isolations } from './isolations.js';
import type { Judge, OpenReason } from './judge.js';
import type { LateBreakers } from './late-copies.js';
import type { CircuitBreakerOptions, ResolvedCircuitBreaker } from './options.js';
import { resolveCircuitBreaker } from './options.js';
import type { BreakerAccount } from './reporter.js';
import { Reporter } from './reporter.js';
import { restore, restoreAtOnce, takeSnapshot } from './restore.js';
import type { CircuitBreakerSnapshot } from './snapshot.js';
import type { Stay } from './state-times.js';
import { Stays } from './stays.js';
import { DueOpening, straightBreaker } from './straight-breaker.js';

/**
 * Stops calling an upstream that keeps failing. After too many failures it refuses calls with a {@link CircuitOpenError} for a
 * while. Then it lets a few probes in. When they succeed it closes, and lets in more and more calls.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * circuitBreaker({ failureRate: 0.99, window: '10s', minimumCalls: 20, openFor: '500ms' })
 */
export function circuitBreaker<const Name extends string = 'circuit_breaker'>(
  options?: CircuitBreakerOptions & Named<Name>,
): CircuitBreakerPolicy<NoInfer<Name>> {
  return new CircuitBreakerPolicy<Name>(resolveCircuitBreaker(options));
}

/** Made by {@link circuitBreaker}. */
export class CircuitBreakerPolicy<Name extends string = string> implements Gate {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(CircuitBreakerPolicy, 'circuit_breaker');

  readonly role = 'gate';
  readonly type = 'circuit_breaker';
  readonly name: Name | undefined;
  readonly quiet: boolean;
  readonly #options: ResolvedCircuitBreaker;
  /** @internal */
  readonly failureRule: FailureRule | undefined;
  readonly #slowMs: number;
  readonly #breaker: IBreaker | undefined;
  readonly #judge: Judge;
  readonly #circuit: Circuit;
  readonly #starts: CallStarts;
  readonly #ends: CallEnds;
  readonly #alarm: HalfOpenAlarm | undefined;
  readonly #isolations = new Isolations(() => this.#circuit.close('released'));
  readonly #reporter: Reporter;
  readonly #time = new OneClock('circuitBreaker', 'breaker');
  /** Its own part in the times of all copies, once there is a clock. */
  #stay: Stay | undefined;
  #copies: LateBreakers | undefined;
  /** What is still to be restored, once there is a clock. */
  #toRestore: CircuitBreakerSnapshot | undefined;

  /** @internal Use {@link circuitBreaker}. */
  constructor(options: ResolvedCircuitBreaker, account?: BreakerAccount, home?: Home, stay?: Stay) {
    const { initialState } = options;
    this.#options = options;
    this.#stay = stay;
    this.name = options.name as Name | undefined;
    this.quiet = isQuiet(options);
    this.failureRule = options.failureRule;
    this.#reporter = new Reporter(!options.dryRun, account);
    this.#slowMs = options.slowCallDuration ?? Infinity;
    this.#breaker = breakerOf(options.breaker);
    this.#judge = judgeOf(options, this.#breaker);
    this.#circuit = new Circuit(
      options,
      this.#judge,
      new Stays(options),
      (from, to, reason, openForMs) => {
        const now = this.#time.source.now();
        this.#ends.begin(now);
        if (this.#stay !== undefined) {
          const { times } = this.#reporter.account;
          this.#stay = times.move(this.#stay, to, now, this.#circuit.openUntil);
        }
        this.#reporter.report(from, to, reason, openForMs, this.#circuit.cause);
        this.#alarm?.update();
      },
    );
    this.#starts = new CallStarts(options, this.#circuit, this.#judge);
    this.#ends = new CallEnds(options, this.#circuit, this.#judge);
    if (options.announceHalfOpen) {
      this.#alarm = new HalfOpenAlarm(this.#circuit, () => this.#time.source.clock, home);
    }
    if (initialState === undefined) return;
    restoreAtOnce(initialState, this.#circuit, this.#breaker);
    if (initialState.state !== 'isolated') this.#toRestore = initialState;
  }

  /** The state now. Reading it moves an open breaker to half-open when its time is over. */
  get state(): BreakerState {
    this.#look(this.#boundTime().now());
    return this.#circuit.state;
  }

  bind(time: TimeSource, hasRule?: boolean): void {
    this.#time.bind(time);
    this.#judge.blocked = time;
    if (hasRule === true) this.#ends.inspects = true;
    const earlier = this.#toRestore;
    if (earlier !== undefined) {
      this.#toRestore = undefined;
      restore(earlier, this.#circuit, this.#judge, time.clock, this.#options);
      this.#ends.begin(time.now());
      this.#alarm?.update();
    }
    if (this.#stay !== undefined) return;
    const { state, openUntil } = this.#circuit;
    this.#stay = this.#reporter.account.times.begin(state, time.now(), openUntil);
  }

  get refusals(): Refusals {
    const reasons = [CircuitOpenError.reason, CircuitIsolatedError.reason];
    return { reasons, enforced: !this.#options.dryRun };
  }

  enter(call: Call): Admission {
    const circuit = this.#circuit;
    if (circuit.calm) return this.#starts.letIn(call, circuit.stamp);
    return this.#reporter.during(call, () => this.#starts.enterNotCalm(call));
  }

  /** @internal */
  straight(place: StraightPlace): StraightHalf | undefined {
    if (this.#slowMs !== Infinity || !place.take('breakerStamp')) return undefined;
    return straightBreaker(
      this.#options,
      this.#circuit,
      this.#judge,
      this.#starts,
      this.#ends,
      place,
    );
  }

  exit(call: Call, outcome: Outcome): void {
    const { state } = call;
    if (state instanceof DueOpening) {
      this.#openAsCause(call, state.reason, outcome);
      return;
    }
    if (typeof state === 'number') {
      if (state < this.#circuit.generation) return;
      // The path of a successful call: no exact time is needed to find its bucket.
      if (outcome.kind === 'success' && !this.#ends.inspects) {
        const at = this.#judge.timed ? call.time.recent() : 0;
        const reason = this.#judge.record(at, false, false);
        if (reason !== undefined) this.#openAsCause(call, reason, outcome);
        return;
      }
    }
    this.#reporter.during(call, () => this.#ends.ended(call, outcome));
  }

  failedLate(outcome: Outcome, succeededAt: number, callId?: number): void {
    this.#reporter.lateCall = callId;
    try {
      this.#ends.failedLate(outcome, succeededAt, this.#boundTime().now());
    } finally {
      this.#reporter.lateCall = undefined;
    }
  }

  /** Opens the breaker by hand, for as long as its rules would. Then it probes as usual. Does nothing while it is open or isolated. */
  trip(): void {
    this.#circuit.trip(this.#boundTime().now());
  }

  /**
   * Refuses all calls with a CircuitIsolatedError until this handle and every other one are released. When `initialState` restored an
   * isolation, its holder is gone: the handles made since hold it.
   */
  isolate(): Isolation {
    const handle = this.#isolations.hold();
    this.#toRestore = undefined;
    this.#circuit.isolate();
    return handle;
  }

  /** Closes the breaker and forgets everything, isolations included, a restored one too. */
  reset(): void {
    this.#isolations.clear();
    this.#toRestore = undefined;
    this.#ends.startOver(this.#time.source.now());
    this.#circuit.close('reset');
  }

  /** The same as {@link CircuitBreakerPolicy.reset}. A breaker with an `initialState` is closed, too. */
  startOver(): void {
    this.reset();
  }

  /**
   * Its state as plain JSON, for {@link CircuitBreakerOptions.initialState}. Open time is stored as wall-clock time, so it survives a
   * restart.
   */
  snapshot(): CircuitBreakerSnapshot {
    const { clock } = this.#boundTime();
    const now = clock.now();
    this.#look(now);
    return takeSnapshot(this.#circuit, this.#judge, this.#breaker, now, clock.wallNow());
  }

  fork(): CircuitBreakerPolicy<Name> {
    return this.forkAt(undefined);
  }

  /** @internal A breaker with the same options. If `stay` is given, its time has been accounted for already. */
  forkAt(stay: Stay | undefined): CircuitBreakerPolicy<Name> {
    assertCopyable(this.#options);
    const { account } = this.#reporter;
    return new CircuitBreakerPolicy<Name>(this.#options, account, this.#alarm?.home, stay);
  }

  /** @internal `undefined` if a user's function makes the judge. Then copies are made at once, because the function may throw. */
  get copies(): LateBreakers | undefined {
    if (this.#breaker === undefined && late.Breakers !== undefined) {
      this.#copies ??= new late.Breakers(this, this.#reporter.account, this.#options);
    }
    return this.#copies;
  }

  /** @internal This many of its calls succeeded at about that time. */
  hadSuccesses(count: number, atMs: number): void {
    const window = { calls: count, failures: 0, slow: 0 };
    this.#judge.restore(atMs, { window, consecutiveFailures: 0 });
  }

  /** @internal */
  withRules({ counting, sureSuccess, delayFrom }: PolicyRules): CircuitBreakerPolicy {
    const options = this.#options;
    return new CircuitBreakerPolicy({
      ...options,
      handle: counting(options.handle),
      sureSuccess: sureSuccess(options.handle),
      delayFrom: options.delayFrom ?? delayFrom,
    });
  }

  measure(nowMs: number): PolicyMeasures {
    // Reading changes nothing. Open time that is over shows as half-open, or a breaker that nobody calls would look open for ever.
    const circuit = this.#circuit;
    const over = circuit.state === 'open' && nowMs >= circuit.openUntil;
    const state = over ? 'half_open' : circuit.state;
    this.#judge.advance(nowMs);
    const { total, failures, slow } = this.#judge.health;
    if (failures === 0) this.#ends.latestFailure.forget();
    const slowCalls = this.#slowMs === Infinity ? {} : { slowCalls: slow };
    const { transitions } = this.#reporter.account;
    return { state, transitions, calls: total, failures, ...slowCalls };
  }

  /** @internal */
  get stateTimes(): (nowMs: number) => Record<BreakerState, number> {
    return this.#reporter.account.times.spent;
  }

  /** @internal */
  retire(): void {
    if (this.#stay === undefined) return;
    this.#stay = this.#reporter.account.times.end(this.#stay, this.#time.source.now());
  }

  /** Reports each change of state, whatever its cause. Returns a function that unsubscribes. */
  subscribe(emit: (event: EventBody, callId?: number) => void): () => void {
    const unsubscribe = this.#reporter.subscribe(emit);
    const release = this.#alarm?.hold();
    return () => {
      unsubscribe();
      release?.();
    };
  }

  /** @internal */
  get audience(): Audience {
    return this.#reporter.audience;
  }

  /** An open breaker must not be forgotten. A half-open one without a call in flight knows nothing worth keeping. */
  busy(): boolean {
    const { state } = this;
    return state === 'open' || state === 'isolated';
  }

  /** A call has ended, has been counted, and opens the breaker. A success does when it completes the number of calls that a judgement needs. */
  #openAsCause(call: Call, reason: OpenReason, outcome: Outcome): void {
    const failed = outcome.kind !== 'success';
    const cause = failed ? outcome.error : this.#ends.latestFailure.causeOf(reason);
    this.#reporter.during(call, () =>
      this.#circuit.open(call.time.now(), reason, retryAfterOf(outcome), cause),
    );
  }

  /** Moves on with time. No call is there that could end with an error of `openFor`. */
  #look(now: number): void {
    try {
      this.#circuit.advance(now);
    } catch (error) {
      reportFault('circuitBreaker.openFor', error);
    }
  }

  #boundTime(): TimeSource {
    const { source } = this.#time;
    this.bind(source);
    return source;
  }
}
