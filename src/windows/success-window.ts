const BUCKETS = 10;
const BITS = 10;
/** Earlier than the time of any clock, and still a small integer: -2^30. */
const BEFORE_ALL = -1_073_741_824;
/** The most successes that fit into a bucket. */
const FULL = (1 << BITS) - 1;

/**
 * Counts the successes of the last ten buckets, as {@link TimeWindow} and {@link EventWindow} would. It takes five small integers, as
 * there may be a million such windows. It has no clock, and its caller passes the length of a bucket each time.
 *
 * Times are rounded down to milliseconds, so a success leaves up to 1 ms early.
 */
export class SuccessWindow {
  /** When the newest bucket ends. The first record starts the first bucket. */
  #end = BEFORE_ALL;
  /** Three buckets of ten bits each. */
  #first = 0;
  #second = 0;
  #third = 0;
  /** The tenth bucket. The bits above it say which bucket is the newest. */
  #fourth = 0;

  /** Adds a success. When its bucket is full, adds nothing and returns `false`. */
  add(nowMs: number, bucketMs: number): boolean {
    this.#moveTo(nowMs, bucketMs);
    const slot = this.#newest;
    const count = this.#countIn(slot);
    if (count === FULL) return false;
    this.#put(slot, count + 1);
    return true;
  }

  /** How many successes it holds. */
  total(nowMs: number, bucketMs: number): number {
    const end = this.#end;
    this.#moveTo(nowMs, bucketMs);
    // As with the other windows, a look at an empty one does not start its first bucket.
    if (this.#end > end && this.#isEmpty) this.#end -= bucketMs;
    let total = 0;
    for (let slot = 0; slot < BUCKETS; slot++) total += this.#countIn(slot);
    return total;
  }

  /** Calls `tell` for each bucket that has successes, the oldest first: with their number, and with when the bucket began. */
  forEach(bucketMs: number, tell: (count: number, atMs: number) => void): void {
    for (let age = BUCKETS - 1; age >= 0; age--) {
      const count = this.#countIn((this.#newest - age + BUCKETS) % BUCKETS);
      if (count > 0) tell(count, this.#end - (age + 1) * bucketMs);
    }
  }

  get #newest(): number {
    return this.#fourth >> BITS;
  }

  get #isEmpty(): boolean {
    return (this.#first | this.#second | this.#third | (this.#fourth & FULL)) === 0;
  }

  #moveTo(nowMs: number, bucketMs: number): void {
    if (!(nowMs >= this.#end) || nowMs === Infinity) return;
    for (; this.#end <= nowMs && !this.#isEmpty; this.#end += bucketMs) {
      const newest = (this.#newest + 1) % BUCKETS;
      this.#fourth = (newest << BITS) | (this.#fourth & FULL);
      this.#put(newest, 0);
    }
    if (this.#isEmpty) this.#end = Math.floor(nowMs) + bucketMs;
  }

  #countIn(slot: number): number {
    return (this.#word(slot) >> shiftOf(slot)) & FULL;
  }

  #word(slot: number): number {
    if (slot < 3) return this.#first;
    if (slot < 6) return this.#second;
    return slot < 9 ? this.#third : this.#fourth;
  }

  #put(slot: number, count: number): void {
    const shift = shiftOf(slot);
    const word = (this.#word(slot) & ~(FULL << shift)) | (count << shift);
    if (slot < 3) this.#first = word;
    else if (slot < 6) this.#second = word;
    else if (slot < 9) this.#third = word;
    else this.#fourth = word;
  }
}

function shiftOf(slot: number): number {
  return BITS * (slot % 3);
}
