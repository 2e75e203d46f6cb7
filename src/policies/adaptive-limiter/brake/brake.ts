import { MIN_WINDOW, Trouble } from './trouble.js';

/** What is usual is learnt while the limit has not been cut, nor been in the way, for this long. */
const CALM_MS = 1_000;

/** Without a cut for this long, the brake lets go altogether. */
const RELEASE_MS = 30_000;

/** Below this, the limit comes back with every useful call. */
const LEAST_GOAL = 4;

/**
 * A limit on calls in flight that only brakes. Verdicts on calls in, a limit out: no clock, no timer, no latency to compare with.
 *
 * It starts as wide as it may be. When the upstream is in trouble it is cut at once, and from what is in flight: what the limit was says
 * nothing. Calls that had started before a cut say nothing of the limit since. Each useful call that comes back adds one slot, until about
 * what was in flight before the trouble; from there on one slot a round trip.
 */
export class Brake {
  readonly #min: number;
  readonly #max: number;
  readonly #trouble = new Trouble();
  /** With its fraction. */
  #limit: number;
  /** Up to here it comes back quickly. */
  #goal: number;
  #cutAt: number;

  /** @param initial The limit at first. Below `max`, it comes back from there as after a cut. */
  constructor(min: number, max: number, initial = max) {
    this.#min = min;
    this.#max = max;
    this.#limit = initial;
    this.#goal = max;
    this.#cutAt = initial < max ? Number.NaN : -Infinity;
  }

  /** How many calls may be in flight now. */
  get current(): number {
    return Math.max(this.#min, Math.floor(this.#limit));
  }

  /** Whether the limit has been cut and not been let go since. */
  get isOn(): boolean {
    return this.#limit < this.#max;
  }

  /** Whether most of the last calls were useless: work that was given up is then still under way at the upstream. */
  get inTrouble(): boolean {
    return this.#trouble.isIn(MIN_WINDOW);
  }

  /** Share of useless calls of late. */
  get share(): number {
    return this.#trouble.share;
  }

  /** Lets go when there was no trouble for long. */
  advance(nowMs: number): void {
    if (!this.isOn) return;
    if (Number.isNaN(this.#cutAt)) this.#cutAt = nowMs;
    if (nowMs - this.#cutAt <= RELEASE_MS) return;
    this.#limit = this.#max;
    this.#goal = this.#max;
  }

  /**
   * A call brought its caller something.
   *
   * @param startedMs When it got its slot.
   * @param inFlight How many were in flight, itself included; the limit where a call has found no slot since one last came in.
   */
  useful(startedMs: number, nowMs: number, inFlight: number): void {
    const { current } = this;
    this.#learn(false, nowMs, inFlight < current);
    if (startedMs < this.#cutAt) return;
    this.#trouble.add(false, windowOf(inFlight));
    // A limit that is not used is not what made the call useful.
    if (!this.isOn || inFlight < current / 2) return;
    const step = this.#limit < this.#goal ? 1 : 1 / this.#limit;
    this.#limit = Math.min(this.#max, this.#limit + step);
  }

  /** A call was useless. Takes what {@link Brake.useful} does. */
  useless(startedMs: number, nowMs: number, inFlight: number): void {
    this.#learn(true, nowMs, inFlight < this.current);
    if (startedMs < this.#cutAt) return;
    const trouble = this.#trouble;
    const window = windowOf(inFlight);
    trouble.add(true, window);
    if (trouble.isIn(window)) this.#cut(nowMs, inFlight);
  }

  #cut(nowMs: number, inFlight: number): void {
    this.#cutAt = nowMs;
    const before = Math.min(this.#limit, Math.max(1, inFlight));
    if (this.#limit >= this.#goal) this.#goal = Math.max(LEAST_GOAL, before);
    // Half when all were useless, and in proportion when some were (RFC 8257, section 3.3).
    this.#limit = Math.max(this.#min, before * (1 - this.#trouble.share / 2));
  }

  #learn(useless: boolean, nowMs: number, isFree: boolean): void {
    if (isFree && nowMs - this.#cutAt > CALM_MS) this.#trouble.learn(useless);
  }
}

function windowOf(inFlight: number): number {
  return Math.max(MIN_WINDOW, inFlight);
}
