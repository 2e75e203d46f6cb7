/** The weight of a new duration once so many are known: 1 in 8, so that about the last eight count. */
const MEMORY = 8;

/** What is left of the trust in the estimate after each attempt that it prevents. */
const AFTER_DOUBT = 0.95;

/** The time in which the estimate halves, if nothing new is learnt. */
const HALF_LIFE_MS = 30_000;

/**
 * How long a success typically takes of late: the geometric mean of the last ones. One that took a hundred times as long
 * hardly moves it. It has no clock: it is told the time.
 *
 * It prevents attempts, and an attempt that is not made teaches nothing. So each that it prevents lowers the trust in it by a twentieth, until one
 * that is made for that reason runs out of time. Longer successes do not raise the trust: they are other work. Time lowers the estimate, too. So it never
 * prevents everything.
 */
export class TypicalDuration {
  #known = 0;
  /** The logarithm of the duration in milliseconds. */
  #log = 0;
  #at = 0;
  /** The share of the estimate that has to be left. */
  #trust = 1;

  /** A success took this long. */
  add(durationMs: number, nowMs: number): void {
    // Less than a microsecond counts as none: its logarithm could not be averaged.
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

  /** Whether an attempt with so much time left has a chance. If not, the estimate has prevented it. */
  isEnough(leftMs: number, nowMs: number): boolean {
    if (leftMs >= this.at(nowMs) * this.#trust) return true;
    this.#trust *= AFTER_DOUBT;
    return false;
  }

  /** An attempt was not over in so long. */
  ranOut(durationMs: number, nowMs: number): void {
    if (durationMs < this.at(nowMs)) this.#trust = 1;
  }

  /** Lowers the estimate with time. A clock that goes back changes nothing. */
  #forget(nowMs: number): void {
    const elapsedMs = nowMs - this.#at;
    if (this.#known > 0 && elapsedMs > 0) this.#log -= (elapsedMs / HALF_LIFE_MS) * Math.LN2;
    this.#at = nowMs;
  }
}
