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
  /** When the newest bucket ends. The first record starts the first bucket. */
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
  /** Whether no bucket holds anything. */
  protected abstract get isEmpty(): boolean;

  /** Moves to the given time and returns the newest bucket. An earlier time changes nothing. */
  protected moveTo(nowMs: number): number {
    if (nowMs >= this.#end) this.#moveOn(nowMs);
    return this.#newest;
  }

  /** Drops what is too old, for a look. If nothing is left, the next record starts the first bucket, so looks change no counts. */
  protected dropOld(nowMs: number): void {
    const end = this.#end;
    this.moveTo(nowMs);
    if (this.#end > end && this.isEmpty) this.#end = nowMs;
  }

  #moveOn(nowMs: number): void {
    if (nowMs === Number.POSITIVE_INFINITY) return;
    for (; this.#end <= nowMs && !this.isEmpty; this.#end += this.#bucketMs) {
      this.#newest = this.#newest + 1 === this.#slots ? 0 : this.#newest + 1;
      this.drop(this.#newest);
    }
    if (this.isEmpty) this.#end = nowMs + this.#bucketMs;
  }
}
