import type { BreakerState } from '../../pipeline/contract/events.js';
import { Door } from '../../pipeline/contract/straight-half.js';
import type { Judge, OpenReason } from './judge.js';
import type { ResolvedCircuitBreaker } from './options.js';
import type { Probe, ProbeVerdict } from './probes.js';
import { Probes, probesNeeded } from './probes.js';
import type { RampCounts } from './ramp.js';
import { Ramp } from './ramp.js';
import type { Stays } from './stays.js';

/** Why a breaker changed state. */
export type TransitionReason =
  | OpenReason
  | 'open_elapsed'
  | 'probes_succeeded'
  | 'isolated'
  | 'released'
  | 'reset';

/** Told of each change of state. `openForMs` is set when it opens. */
export type OnTransition = (
  from: BreakerState,
  to: BreakerState,
  reason: TransitionReason,
  openForMs?: number,
) => void;

/** The options of a breaker that its circuit follows. A `rampFor` of 0 means no ramp. */
export type CircuitOptions = Pick<
  ResolvedCircuitBreaker,
  'maxOpenFor' | 'probes' | 'probeSuccessRate' | 'probeTimeout' | 'rampFor'
>;

/** How long a probe has its place, if there is no longest stay and the stay before was shorter than this. */
const PLACE_MS = 1_000;

/**
 * The state machine of a circuit breaker. It has neither clock nor timers: it is told the time, and moves from open to
 * half-open when it is told a late enough one.
 *
 * ```
 * closed --rule--> open --time--> half_open --probes succeed--> closed, ramping --time--> closed
 *                    ^---------------'  probes fail                |
 *                    ^---------------------------------------------'  relapse
 * any state --isolate()--> isolated --released--> closed
 * ```
 *
 * `stamp` only grows, and a call keeps the stamp at which it was admitted. A stamp below `generation`, the stamp at which the
 * state began, means that the call was admitted in an earlier state. Its outcome no longer counts, so no stale result moves a
 * later state. A stamp below the last step of a run of failures means that the call was in flight with that step.
 *
 * Listeners may move the circuit, too. So a change of state is complete before they are told, and nothing is assumed afterwards.
 */
export class Circuit {
  state: BreakerState = 'closed';
  /** Shut while it is open or isolated. */
  readonly door = new Door();
  /** Closed, not ramping, and not in a run of failures: every call is let in at once. */
  calm = true;
  /** The stamp of a call that is admitted now. */
  stamp = 0;
  /** The stamp at which this state began. */
  generation = 0;
  /** Consecutive openings since it last closed for good. */
  openings = 0;
  /** While open: until when, in the clock's milliseconds. */
  openUntil = 0;
  /** The failure that opened it, and when. Both are kept until it closes. */
  cause: unknown;
  causeAt = 0;
  /** While open: the whole open time. */
  #openForMs = 0;
  /** Set while it is being asked how long to stay open. */
  #opening = false;
  /** The stamp right after the last step of a run of failures. */
  #lastStep = 0;
  readonly #options: CircuitOptions;
  readonly #judge: Judge;
  readonly #stays: Stays;
  readonly #onTransition: OnTransition;
  #probes: Probes | undefined;
  #ramp: Ramp | undefined;

  constructor(options: CircuitOptions, judge: Judge, stays: Stays, onTransition: OnTransition) {
    this.#options = options;
    this.#judge = judge;
    this.#stays = stays;
    this.#onTransition = onTransition;
  }

  /** Closed and not ramping. Call {@link Circuit.advance} first. */
  get closed(): boolean {
    return this.state === 'closed' && this.#ramp === undefined;
  }

  /** While it ramps: the ramp. Call {@link Circuit.advance} first. */
  get ramp(): Ramp | undefined {
    return this.#ramp;
  }

  /** Moves on with time: ends the open time, fails probes that have taken too long, and ends the ramp. */
  advance(nowMs: number): void {
    if (this.state === 'open') {
      // The clock went back, which it must not do. From now on it stays open no longer than its whole open time.
      this.openUntil = Math.min(this.openUntil, nowMs + this.#openForMs);
      if (nowMs >= this.openUntil) this.#halfOpen();
    }
    if (this.state === 'half_open') this.#decide(this.#probes?.expire(nowMs), nowMs, undefined);
    else if (this.#ramp?.over(nowMs) === true) this.#endRamp();
  }

  /** While open: for how long it stays so. */
  leftMs(nowMs: number): number {
    return this.openUntil - nowMs;
  }

  /** Whether it is open, and `advance` would change nothing. */
  staysOpen(nowMs: number): boolean {
    if (this.state !== 'open') return false;
    const left = this.openUntil - nowMs;
    // More is left than the whole open time if the clock went back.
    return left > 0 && left <= this.#openForMs;
  }

  /** While half-open: the probes in flight. Call {@link Circuit.advance} first. */
  get probesInFlight(): number | undefined {
    return this.#probes?.inFlight;
  }

  /** Asks for a place as a probe. Call {@link Circuit.advance} first. */
  tryProbe(nowMs: number): Probe | undefined {
    return this.#probes?.admit(nowMs);
  }

  /** A probe ended. One that belongs to an earlier half-open period changes nothing. */
  settleProbe(
    probe: Probe,
    nowMs: number,
    succeeded: boolean,
    askedMs: number | undefined,
    cause?: unknown,
  ): void {
    const probes = this.#probes;
    if (probes === undefined) return;
    // A probe that took too long has failed, even if nobody looked meanwhile.
    const verdict = probes.expire(nowMs) ?? probes.settle(probe, succeeded);
    this.#decide(verdict, nowMs, askedMs, cause);
  }

  /** A probe ended and says nothing. If it took too long, it has still failed. */
  freeProbe(probe: Probe, nowMs: number): void {
    const probes = this.#probes;
    if (probes === undefined) return;
    const verdict = probes.expire(nowMs);
    probes.free(probe);
    this.#decide(verdict, nowMs, undefined);
  }

  /**
   * A call that was admitted at `stamp` failed. Returns whether it is a step of a run of failures. It is none if it was in
   * flight with the last step. `first`: there is no run yet.
   */
  step(stamp: number, first: boolean): boolean {
    if (!first && stamp < this.#lastStep) return false;
    this.#lastStep = ++this.stamp;
    this.calm = false;
    return true;
  }

  /** A call that it had let in ended. Returns whether the upstream has relapsed. Call {@link Circuit.advance} first. */
  relapses(failed: boolean): boolean {
    return this.#ramp?.record(failed) === true;
  }

  /** A call of this state that had succeeded has failed since. Returns whether the upstream has relapsed. Call {@link Circuit.advance} first. */
  failLate(nowMs: number, cause: unknown): boolean {
    if (this.state === 'half_open')
      this.#decide(this.#probes?.failSuccess(), nowMs, undefined, cause);
    return this.#ramp?.recordLate() === true;
  }

  /** Opens it. If a user's `openFor` threw, the error is thrown after everything is done. */
  open(nowMs: number, reason: OpenReason, askedMs: number | undefined, cause?: unknown): void {
    // A user's `openFor` that reads the breaker finds the old state. If it moves the breaker by hand, it has the last word.
    if (this.#opening) return;
    const { generation } = this;
    const opening = this.openings + 1;
    const about = { reason, failure: cause, failureRate: this.#failureRate() };
    this.#opening = true;
    const { ms: openForMs, fault } = this.#stays.next(opening, about, askedMs);
    this.#opening = false;
    if (generation !== this.generation) {
      if (fault !== undefined) throw fault.error;
      return;
    }
    this.openings = opening;
    this.openUntil = nowMs + openForMs;
    this.#openForMs = openForMs;
    // A hanging probe has no failure: the cause that was known before stays.
    if (cause !== undefined || reason !== 'probe_failed') this.restoreCause(cause, nowMs);
    try {
      this.#judge.opened(reason);
    } finally {
      this.#move('open', reason, openForMs);
    }
    if (fault !== undefined) throw fault.error;
  }

  /** Opens it by hand, if it lets calls in. */
  trip(nowMs: number): void {
    this.advance(nowMs);
    if (this.state === 'closed' || this.state === 'half_open') {
      this.open(nowMs, 'tripped', undefined);
    }
  }

  isolate(): void {
    if (this.state === 'isolated') return;
    this.cause = undefined;
    this.#move('isolated', 'isolated');
  }

  /** Closes it by hand, whatever its state. */
  close(reason: 'released' | 'reset'): void {
    this.openings = 0;
    this.#close(reason, undefined);
  }

  /** Puts it into an open state that began elsewhere; nobody is told. */
  restoreOpen(nowMs: number, leftMs: number, openings: number): void {
    this.openUntil = nowMs + leftMs;
    this.#openForMs = leftMs;
    this.openings = openings;
    this.#enter('open');
  }

  /** Puts it into an isolated state that began elsewhere; nobody is told. */
  restoreIsolated(openings: number): void {
    this.openings = openings;
    this.#enter('isolated');
  }

  /** Makes a closed circuit go on with a ramp that began elsewhere. */
  restoreRamp(startedAtMs: number, openings: number, counts: RampCounts): void {
    const { rampFor } = this.#options;
    if (rampFor === 0) return;
    this.openings = openings;
    this.#enter('closed', undefined, new Ramp(startedAtMs, rampFor, counts));
  }

  /** Notes what opened it. */
  restoreCause(cause: unknown, atMs: number): void {
    this.cause = cause;
    this.causeAt = atMs;
  }

  /** Share of failures among what it judges by in this state. */
  #failureRate(): number | undefined {
    const { total, failures } = this.#probes ?? this.#judge.health;
    return total === 0 ? undefined : failures / total;
  }

  #halfOpen(): void {
    const { probes, probeSuccessRate, probeTimeout, maxOpenFor } = this.#options;
    const needed = probesNeeded(probes, probeSuccessRate);
    const placeMs = maxOpenFor ?? Math.max(PLACE_MS, this.#openForMs);
    const period = new Probes(probes, needed, probeTimeout, placeMs, this.#judge.blocked);
    this.#move('half_open', 'open_elapsed', undefined, period);
  }

  #decide(
    verdict: ProbeVerdict,
    nowMs: number,
    askedMs: number | undefined,
    cause?: unknown,
  ): void {
    if (verdict === 'failing') this.open(nowMs, 'probe_failed', askedMs, cause);
    if (verdict !== 'recovered') return;
    const { rampFor } = this.#options;
    if (rampFor === 0) this.openings = 0;
    this.#close('probes_succeeded', rampFor === 0 ? undefined : new Ramp(nowMs, rampFor));
  }

  #close(reason: 'released' | 'reset' | 'probes_succeeded', ramp: Ramp | undefined): void {
    this.cause = undefined;
    try {
      this.#judge.closed();
    } finally {
      if (this.state === 'closed') this.#enter('closed');
      else this.#move('closed', reason, undefined, undefined, ramp);
    }
  }

  #endRamp(): void {
    this.#ramp = undefined;
    this.openings = 0;
  }

  #move(
    to: BreakerState,
    reason: TransitionReason,
    openForMs?: number,
    probes?: Probes,
    ramp?: Ramp,
  ): void {
    const from = this.state;
    this.#enter(to, probes, ramp);
    this.#onTransition(from, to, reason, openForMs);
  }

  #enter(state: BreakerState, probes?: Probes, ramp?: Ramp): void {
    this.state = state;
    this.calm = state === 'closed' && ramp === undefined;
    this.door.shut = state === 'open' || state === 'isolated';
    this.generation = ++this.stamp;
    this.#probes = probes;
    this.#ramp = ramp;
  }
}
