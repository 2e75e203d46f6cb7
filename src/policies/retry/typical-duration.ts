/** The weight of a new duration once so many are known: 1 in 8, so that it is about the last eight that count. */
const MEMORY = 8;

/** What is left of the belief after it has kept a retry from being made. */
const AFTER_DOUBT = 0.95;

/** The time in which half of the belief goes, where nothing new is learnt. */
const HALF_LIFE_MS = 30_000;

/**
 * How long a success typically takes, of late: the geometric mean of the last ones, which one that took a hundred times as long
 * hardly moves. It has no clock: it is told the time.
 *
 * What it says keeps retries from being made, and a retry that is not made teaches nothing. So that it never stays too high for
 * good, each retry that it prevents lowers it by a twentieth, and time does, too.
 */
export class TypicalDuration {
  #known = 0;
  /** The logarithm of the duration in milliseconds. */
  #log = 0;
  #at = 0;

  /** A success took so long. */
  add(durationMs: number, nowMs: number): void {
    // Less than a microsecond is none, and has no logarithm that could be averaged.
    const log = Math.log(Math.max(durationMs, 0.001));
    this.#forget(nowMs);
    this.#known = Math.min(this.#known + 1, MEMORY);
    this.#log += (log - this.#log) / this.#known;
  }

  /** The typical duration in milliseconds; 0 while nothing is known. */
  at(nowMs: number): number {
    if (this.#known === 0) return 0;
    this.#forget(nowMs);
    return Math.exp(this.#log);
  }

  /** A retry was not made for it. */
  doubt(): void {
    this.#log += Math.log(AFTER_DOUBT);
  }

  /** Time that goes back takes nothing away. */
  #forget(nowMs: number): void {
    const elapsedMs = nowMs - this.#at;
    if (this.#known > 0 && elapsedMs > 0) this.#log -= (elapsedMs / HALF_LIFE_MS) * Math.LN2;
    this.#at = nowMs;
  }
}
