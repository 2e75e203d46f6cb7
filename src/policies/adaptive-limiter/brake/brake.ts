import { MIN_WINDOW, Trouble } from './trouble.js';

/** The usual share is learnt while the limit has neither been cut nor been reached for this long. */
const CALM_MS = 1_000;

/** Without a cut for this long, the brake releases completely. */
const RELEASE_MS = 30_000;

/** Some calls are useless even when all is well, and hold slots, too. With a third of such calls, a cut leaves one slot for them. */
const ROOM = 3;

/** Below this, the limit comes back with every useful call. */
const LEAST_GOAL = 4;

/**
 * A limit on calls in flight that only brakes. Verdicts on calls go in, a limit comes out. It has no clock, no timer, and compares no latencies.
 *
 * It starts at its maximum. When the upstream is in trouble, the limit is cut at once. The cut starts from the calls in flight, since the old limit
 * says nothing. Calls that started before a cut say nothing about the limit since. Each useful call that comes back adds one slot, up to about
 * the calls in flight before the trouble. From there on it adds one slot per round trip.
 */
export class Brake {
  /** How many calls may be in flight now. */
  current: number;
  readonly #min: number;
  readonly #max: number;
  readonly #trouble = new Trouble();
  /** The limit with its fraction. */
  #limit: number;
  /** Up to here it comes back quickly. */
  #goal: number;
  #cutAt: number;
  #cuts = 0;
  #letGoes = 0;
  /** Whether there was a cut since the last release. */
  #hasCut = false;

  /** @param initial The first limit. If it is below `max`, it grows from there as after a cut. */
  constructor(min: number, max: number, initial = max) {
    this.#min = min;
    this.#max = max;
    this.#limit = initial;
    this.current = initial;
    this.#goal = max;
    this.#cutAt = initial < max ? Number.NaN : -Infinity;
  }

  /** Whether the limit is lower than it may be. */
  get isOn(): boolean {
    return this.#limit < this.#max;
  }

  /** Whether the limit is low because it was cut. */
  get remembers(): boolean {
    return this.#hasCut && this.isOn;
  }

  /** How often it was cut. Keep this from each call's start, for {@link Brake.useful} and {@link Brake.useless}. */
  get cuts(): number {
    return this.#cuts;
  }

  /** How often it has released. */
  get letGoes(): number {
    return this.#letGoes;
  }

  /** Whether most of the last calls were useless. Then the upstream still works on calls that were given up. */
  get inTrouble(): boolean {
    return this.#trouble.isIn(MIN_WINDOW);
  }

  /** Share of useless calls of late. */
  get share(): number {
    return this.#trouble.share;
  }

  /** Releases when there was no trouble for long. */
  advance(nowMs: number): void {
    // Not cut yet, or by a clock that went back.
    if (!(this.#cutAt <= nowMs)) this.#cutAt = nowMs;
    if (!this.isOn || !(nowMs - this.#cutAt > RELEASE_MS)) return;
    this.#set(this.#max);
    this.#goal = this.#max;
    this.#hasCut = false;
    this.#letGoes++;
    this.#trouble.forget();
  }

  /**
   * A call brought its caller something.
   *
   * @param cuts How often it had been cut when the call got its slot.
   * @param inFlight How many were in flight, itself included. The limit, if a call has found no slot since one last came in.
   */
  useful(cuts: number, nowMs: number, inFlight: number): void {
    // Almost always: there is nothing to forget, and nothing to give back.
    if (!this.isOn && this.#trouble.isNone) return;
    this.#learn(false, nowMs, inFlight);
    if (cuts !== this.#cuts) return;
    this.#trouble.add(false, windowOf(inFlight));
    // A limit that is not used did not make the call useful.
    if (!this.isOn || inFlight < this.current / 2) return;
    const step = this.#limit < this.#goal ? 1 : 1 / this.#limit;
    this.#set(Math.min(this.#max, this.#limit + step));
  }

  /** A call was useless. Takes the same as {@link Brake.useful}. */
  useless(cuts: number, nowMs: number, inFlight: number): void {
    this.#learn(true, nowMs, inFlight);
    if (cuts !== this.#cuts) return;
    const trouble = this.#trouble;
    const window = windowOf(inFlight);
    trouble.add(true, window);
    if (trouble.isIn(window)) this.#cut(nowMs, inFlight);
  }

  #cut(nowMs: number, inFlight: number): void {
    this.#cutAt = nowMs;
    this.#cuts++;
    this.#hasCut = true;
    const before = Math.min(this.#limit, Math.max(1, inFlight));
    if (this.#limit >= this.#goal) this.#goal = Math.max(LEAST_GOAL, before);
    // By half when all were useless, and proportionally less when some were (RFC 8257, section 3.3).
    const { share, usual } = this.#trouble;
    this.#set(Math.max(this.#min, Math.min(before, before * (1 - share / 2) + ROOM * usual)));
  }

  #set(limit: number): void {
    this.#limit = limit;
    this.current = Math.floor(limit);
  }

  #learn(useless: boolean, nowMs: number, inFlight: number): void {
    if (inFlight < this.current && nowMs - this.#cutAt > CALM_MS) this.#trouble.learn(useless);
  }
}

function windowOf(inFlight: number): number {
  return Math.max(MIN_WINDOW, inFlight);
}
