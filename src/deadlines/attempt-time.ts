import { TypicalDuration } from '../policies/retry/typical-duration.js';

/** Nothing is refused before so many successes are known. */
const MIN_KNOWN = 8;

/** Whether the time that is left is enough for an attempt, by how long the last successes took. It has no clock. */
export class AttemptTime {
  readonly #typical = new TypicalDuration();
  #known = 0;

  /** An attempt succeeded after so long. */
  learn(durationMs: number, nowMs: number): void {
    this.#known++;
    this.#typical.add(durationMs, nowMs);
  }

  /** An attempt was not over in so long. */
  ranOut(durationMs: number, nowMs: number): void {
    this.#typical.ranOut(durationMs, nowMs);
  }

  isEnough(leftMs: number, nowMs: number): boolean {
    return this.#known < MIN_KNOWN || this.#typical.isEnough(leftMs, nowMs);
  }
}
