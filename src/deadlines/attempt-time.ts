import { TypicalDuration } from '../policies/retry/typical-duration.js';

/** Nothing is refused before so many successes are known. */
const MIN_KNOWN = 8;

/** What is left of the trust in the estimate after each refusal. */
const AFTER_REFUSAL = 0.95;

/**
 * Whether the time that is left is enough for an attempt, by how long the last successes took. Those that it prevents might be quicker, so each of
 * them lowers the trust in it, until one that was begun runs out of time. It never prevents everything. It has no clock.
 */
export class AttemptTime {
  readonly #typical = new TypicalDuration();
  #known = 0;
  /** The share of the typical duration that has to be left. Longer successes do not raise it: they are other work. */
  #trust = 1;

  /** An attempt succeeded after so long. */
  learn(durationMs: number, nowMs: number): void {
    this.#known++;
    this.#typical.add(durationMs, nowMs);
  }

  /** An attempt was not over in so long. */
  ranOut(durationMs: number, nowMs: number): void {
    if (durationMs < this.#typical.at(nowMs)) this.#trust = 1;
  }

  isEnough(leftMs: number, nowMs: number): boolean {
    if (this.#known < MIN_KNOWN || leftMs >= this.#typical.at(nowMs) * this.#trust) return true;
    this.#trust *= AFTER_REFUSAL;
    return false;
  }
}
