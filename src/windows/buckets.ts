/**
 * Counts in a sliding window of time. It is a ring of buckets: the newest is filled, and the oldest is
 * emptied whenever a bucket's length has passed. It allocates its memory at the first count.
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
  #counts: number[] | undefined;
  #total = 0;

  constructor(bucketMs: number, slots: number) {
    if (!(bucketMs > 0 && bucketMs < Infinity && Number.isSafeInteger(slots))) {
      throw new RangeError(`${slots} buckets of ${bucketMs} ms are no window`);
    }
    this.#bucketMs = bucketMs;
    this.#slots = slots;
  }

  /** What it holds. */
  protected get held(): number {
    return this.#total;
  }

  /** What one bucket holds. */
  protected heldIn(slot: number): number {
    return this.#counts?.[slot] ?? 0;
  }

  /** Adds to the newest bucket at the given time, and returns that bucket. */
  protected put(nowMs: number, count: number): number {
    const slot = this.moveTo(nowMs);
    this.change(slot, count);
    return slot;
  }

  /** Adds to a bucket. */
  protected change(slot: number, by: number): void {
    this.#counts ??= new Array<number>(this.#slots).fill(0);
    const counts = this.#counts;
    counts[slot] = (counts[slot] as number) + by;
    this.#total += by;
  }

  /** Empties a bucket. */
  protected drop(slot: number): void {
    this.change(slot, -this.heldIn(slot));
  }

  /** Forgets everything, but not the time. */
  clear(): void {
    this.#counts?.fill(0);
    this.#total = 0;
  }

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
    const isEmpty = this.#total === 0;
    if (isEmpty || steps >= this.#slots) {
      if (!isEmpty) this.clear();
      this.#end = nowMs + this.#bucketMs;
      return;
    }
    for (let step = 0; step < steps; step++) {
      this.#newest = (this.#newest + 1) % this.#slots;
      this.drop(this.#newest);
    }
    this.#end += steps * this.#bucketMs;
  }
}
