import type { BreakerState } from '../../pipeline/events.js';
import type { Random } from '../chance.js';
import type { Judge, OpenReason } from './judge.js';
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
export interface CircuitOptions {
  readonly openForMs: number;
  readonly maxOpenForMs: number;
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
 */
export class Circuit {
  state: BreakerState = 'closed';
  generation = 0;
  /** Consecutive openings since it was last closed. */
  openings = 0;
  /** While open: until when, in the clock's milliseconds. */
  openUntil = 0;
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
    if (this.state === 'open' && nowMs >= this.openUntil) this.#halfOpen();
    if (this.state === 'half_open') this.#decide(this.#probes?.expire(nowMs), nowMs, undefined);
  }

  /** Asks for a place as a probe. Call {@link Circuit.advance} first. */
  tryProbe(nowMs: number): Probe | undefined {
    return this.#probes?.admit(nowMs);
  }

  /** A call admitted by the closed circuit of this generation ended. */
  record(nowMs: number, failed: boolean, slow: boolean, askedMs: number | undefined): void {
    const reason = this.#judge.record(nowMs, failed, slow);
    if (reason !== undefined) this.#open(nowMs, reason, askedMs);
  }

  /** A probe ended. One that belongs to an earlier half-open period changes nothing. */
  recordProbe(probe: Probe, nowMs: number, succeeded: boolean, askedMs: number | undefined): void {
    const probes = this.#probes;
    if (probes === undefined) return;
    probes.expire(nowMs);
    this.#decide(probes.settle(probe, succeeded) ?? probes.expire(nowMs), nowMs, askedMs);
  }

  /** A probe ended and says nothing. */
  freeProbe(probe: Probe): void {
    this.#probes?.free(probe);
  }

  /** Opens it by hand. */
  trip(nowMs: number): void {
    if (this.state !== 'isolated') this.#open(nowMs, 'tripped', undefined);
  }

  isolate(): void {
    if (this.state !== 'isolated') this.#move('isolated', 'isolated');
  }

  /** Closes it, whatever its state. */
  close(reason: 'released' | 'reset' | 'probes_succeeded'): void {
    this.openings = 0;
    this.#judge.clear();
    if (this.state === 'closed') this.generation++;
    else this.#move('closed', reason);
  }

  /** Puts it into an open state that began elsewhere. */
  restoreOpen(openUntil: number, openings: number): void {
    this.state = 'open';
    this.openUntil = openUntil;
    this.openings = openings;
    this.generation++;
  }

  #open(nowMs: number, reason: OpenReason, askedMs: number | undefined): void {
    this.openings++;
    const openForMs = openDuration(this.#options, this.openings, this.#random(), askedMs);
    this.openUntil = nowMs + openForMs;
    this.#judge.clear();
    this.#move('open', reason, openForMs);
  }

  #halfOpen(): void {
    const { probes, probesNeeded, probeTimeoutMs } = this.#options;
    const period = new Probes(probes, probesNeeded, probeTimeoutMs);
    this.#move('half_open', 'open_elapsed', undefined, period);
  }

  #decide(verdict: ProbeVerdict, nowMs: number, askedMs: number | undefined): void {
    if (verdict === undefined) return;
    const recovered = verdict === 'recovered';
    this.#judge.probed(recovered);
    if (recovered) this.close('probes_succeeded');
    else this.#open(nowMs, 'probe_failed', askedMs);
  }

  #move(to: BreakerState, reason: TransitionReason, openForMs?: number, probes?: Probes): void {
    const from = this.state;
    this.state = to;
    this.generation++;
    this.#probes = probes;
    this.#onTransition(from, to, reason, openForMs);
  }
}
