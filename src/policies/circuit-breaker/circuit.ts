import type { BreakerState } from '../../pipeline/events.js';
import type { Random } from '../chance.js';
import type { Judge, OpenReason } from './judge.js';
import type { OpenFor } from './open-duration.js';
import { openDuration } from './open-duration.js';
import type { Probe, ProbeVerdict } from './probes.js';
import { Probes } from './probes.js';

/** Why a breaker changed state. */
export type TransitionReason =
  | OpenReason
  | 'open_elapsed'
  | 'probes_succeeded'
  | 'isolated'
  | 'released'
  | 'reset';

/** Is told of each change of state. `openForMs` is there when it opens. */
export type OnTransition = (
  from: BreakerState,
  to: BreakerState,
  reason: TransitionReason,
  openForMs?: number,
) => void;

/** The numbers of a circuit, in milliseconds. */
export interface CircuitOptions extends OpenFor {
  readonly probes: number;
  readonly probesNeeded: number;
  readonly probeTimeoutMs: number;
}

/**
 * The state machine of a circuit breaker. It has neither clock nor timers: it is told the time, and moves from open to
 * half-open when it is told a late enough one.
 *
 * ```
 * closed --rule--> open --time--> half_open --probes succeed--> closed
 *                    ^---------------'  probes fail
 * any state --isolate()--> isolated --released--> closed
 * ```
 *
 * `generation` changes with each state. A call remembers the generation in which it was admitted, and its outcome counts
 * only while that is the current one: no stale result moves a later state.
 *
 * Listeners may move it in turn, so a change of state is complete before they are told, and nothing is assumed afterwards.
 */
export class Circuit {
  state: BreakerState = 'closed';
  generation = 0;
  /** Consecutive openings since it was last closed. */
  openings = 0;
  /** While open: until when, in the clock's milliseconds. */
  openUntil = 0;
  /** While open: for how long, all in all. */
  #openForMs = 0;
  readonly #options: CircuitOptions;
  readonly #judge: Judge;
  readonly #random: Random;
  readonly #onTransition: OnTransition;
  #probes: Probes | undefined;

  constructor(options: CircuitOptions, judge: Judge, random: Random, onTransition: OnTransition) {
    this.#options = options;
    this.#judge = judge;
    this.#random = random;
    this.#onTransition = onTransition;
  }

  /** Moves on with time: ends the open time, and fails probes that have taken too long. */
  advance(nowMs: number): void {
    if (this.state === 'open') {
      // The clock went back, which it must not: it stays open for no longer than it was to, from now on.
      this.openUntil = Math.min(this.openUntil, nowMs + this.#openForMs);
      if (nowMs >= this.openUntil) this.#halfOpen();
    }
    if (this.state === 'half_open') this.#decide(this.#probes?.expire(nowMs), nowMs, undefined);
  }

  /** Asks for a place as a probe. Call {@link Circuit.advance} first. */
  tryProbe(nowMs: number): Probe | undefined {
    return this.#probes?.admit(nowMs);
  }

  /** A probe ended. One that belongs to an earlier half-open period changes nothing. */
  settleProbe(probe: Probe, nowMs: number, succeeded: boolean, askedMs: number | undefined): void {
    const probes = this.#probes;
    if (probes === undefined) return;
    // What took too long has failed, whether or not anybody looked in the meantime.
    const verdict = probes.expire(nowMs) ?? probes.settle(probe, succeeded);
    this.#decide(verdict, nowMs, askedMs);
  }

  /** A probe ended and says nothing, unless it took too long: then it has failed all the same. */
  freeProbe(probe: Probe, nowMs: number): void {
    const probes = this.#probes;
    if (probes === undefined) return;
    const verdict = probes.expire(nowMs);
    probes.free(probe);
    this.#decide(verdict, nowMs, undefined);
  }

  /** Opens it. */
  open(nowMs: number, reason: OpenReason, askedMs: number | undefined): void {
    const opening = this.openings + 1;
    const openForMs = openDuration(this.#options, opening, this.#random(), askedMs);
    this.openings = opening;
    this.openUntil = nowMs + openForMs;
    this.#openForMs = openForMs;
    try {
      this.#judge.opened(reason);
    } finally {
      this.#move('open', reason, openForMs);
    }
  }

  /** Opens it by hand, where it lets calls in. */
  trip(nowMs: number): void {
    this.advance(nowMs);
    if (this.state === 'closed' || this.state === 'half_open') {
      this.open(nowMs, 'tripped', undefined);
    }
  }

  isolate(): void {
    if (this.state !== 'isolated') this.#move('isolated', 'isolated');
  }

  /** Closes it, whatever its state. */
  close(reason: 'released' | 'reset' | 'probes_succeeded'): void {
    this.openings = 0;
    try {
      this.#judge.closed();
    } finally {
      if (this.state === 'closed') this.generation++;
      else this.#move('closed', reason);
    }
  }

  /** Puts it into an open state that began elsewhere; nobody is told. */
  restoreOpen(nowMs: number, leftMs: number, openings: number): void {
    this.state = 'open';
    this.openUntil = nowMs + leftMs;
    this.#openForMs = leftMs;
    this.openings = openings;
    this.generation++;
  }

  /** Puts it into an isolated state that began elsewhere; nobody is told. */
  restoreIsolated(openings: number): void {
    this.state = 'isolated';
    this.openings = openings;
    this.generation++;
  }

  #halfOpen(): void {
    const { probes, probesNeeded, probeTimeoutMs } = this.#options;
    const period = new Probes(probes, probesNeeded, probeTimeoutMs);
    this.#move('half_open', 'open_elapsed', undefined, period);
  }

  #decide(verdict: ProbeVerdict, nowMs: number, askedMs: number | undefined): void {
    if (verdict === 'recovered') this.close('probes_succeeded');
    else if (verdict === 'failing') this.open(nowMs, 'probe_failed', askedMs);
  }

  #move(to: BreakerState, reason: TransitionReason, openForMs?: number, probes?: Probes): void {
    const from = this.state;
    this.state = to;
    this.generation++;
    this.#probes = probes;
    this.#onTransition(from, to, reason, openForMs);
  }
}
