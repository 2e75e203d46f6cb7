/**
 * Moves a sliding window of time. It is a ring of buckets: the newest is filled, and the oldest is
 * emptied whenever a bucket's length has passed.
 *
 * A bucket covers less than `bucketMs` of time and is dropped as a whole, `slots` bucket lengths
 * after it began. So a record made at `t` counts at least until `t + (slots - 1) * bucketMs`, and
 * at most until `t + slots * bucketMs`.
 */
export abstract class Buckets {
  readonly #bucketMs: number;
  readonly #slots: number;
  /** When the newest bucket ends. The first time seen starts the first bucket. */
  #end = Number.NEGATIVE_INFINITY;
  #newest = 0;

  constructor(bucketMs: number, slots: number) {
    if (!(bucketMs > 0 && bucketMs < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`the length of a bucket must be finite and > 0 ms, got ${bucketMs}`);
    }
    if (!Number.isSafeInteger(slots) || slots < 1) {
      throw new RangeError(`buckets must be a whole number >= 1, got ${slots}`);
    }
    this.#bucketMs = bucketMs;
    this.#slots = slots;
  }

  /** Subtracts the contents of the bucket from the totals, and empties it. */
  protected abstract drop(slot: number): void;
  /** Empties all buckets. */
  protected abstract dropAll(): void;
  /** Whether no bucket holds anything. */
  protected abstract get isEmpty(): boolean;

  /** Moves to the given time and returns the newest bucket. An earlier time changes nothing. */
  protected moveTo(nowMs: number): number {
    if (nowMs >= this.#end) this.#moveOn(nowMs);
    return this.#newest;
  }

  #moveOn(nowMs: number): void {
    if (nowMs === Number.POSITIVE_INFINITY) return;
    let steps = Math.floor((nowMs - this.#end) / this.#bucketMs) + 1;
    // The division may have been rounded down. Then a second call at the same moment would move on once more.
    if (this.#end + steps * this.#bucketMs <= nowMs) steps++;
    if (this.isEmpty || steps >= this.#slots) {
      if (!this.isEmpty) this.dropAll();
      this.#end = nowMs + this.#bucketMs;
      return;
    }
    for (let step = 0; step < steps; step++) {
      this.#newest = this.#newest + 1 === this.#slots ? 0 : this.#newest + 1;
      this.drop(this.#newest);
    }
    this.#end += steps * this.#bucketMs;
  }
}
