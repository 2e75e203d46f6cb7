import { Buckets } from './buckets.js';

/**
 * Counts the outcomes of the calls of the last `lengthMs`, exact to one bucket. Older calls are
 * never counted. Calls younger than `lengthMs - lengthMs / buckets` always are.
 *
 * It has no clock. Its caller passes the time, and the window moves with it however few calls there
 * are. A time earlier than the newest one seen counts as the newest one.
 *
 * It allocates its memory at the first record.
 */
export class TimeWindow extends Buckets {
  readonly #buckets: number;
  /** Calls, failures, slow calls; bucket by bucket. */
  #counts: number[] | undefined;
  #total = 0;
  #failures = 0;
  #slow = 0;

  /**
   * @param lengthMs How far back it looks, in milliseconds: > 0.
   * @param buckets In how many steps it moves: a whole number >= 1.
   */
  constructor(lengthMs: number, buckets = 10) {
    super(lengthMs / buckets, buckets);
    this.#buckets = buckets;
  }

  /** Adds the outcome of a call that completed at `nowMs`. */
  record(nowMs: number, failed: boolean, slow: boolean): void {
    const at = 3 * this.moveTo(nowMs);
    this.#counts ??= new Array<number>(3 * this.#buckets).fill(0);
    const counts = this.#counts;
    this.#total++;
    counts[at] = (counts[at] as number) + 1;
    if (failed) {
      this.#failures++;
      counts[at + 1] = (counts[at + 1] as number) + 1;
    }
    if (slow) {
      this.#slow++;
      counts[at + 2] = (counts[at + 2] as number) + 1;
    }
  }

  /** Adds a success, as {@link TimeWindow.record} does. It serves the path that almost every call takes. */
  succeed(nowMs: number): void {
    const at = 3 * this.moveTo(nowMs);
    const counts = this.#counts ?? this.#makeCounts();
    this.#total++;
    counts[at] = (counts[at] as number) + 1;
  }

  /**
   * Counts a success as a failure, because its call has failed since. Removes the oldest success, and adds a failure that completed at
   * `nowMs`. Returns `false` and changes nothing when it holds no success.
   */
  failSuccess(nowMs: number): boolean {
    const newest = this.moveTo(nowMs);
    const counts = this.#counts;
    if (counts === undefined || this.#total === this.#failures) return false;
    for (let i = 1; ; i++) {
      const at = 3 * ((newest + i) % this.#buckets);
      if (counts[at] === counts[at + 1]) continue;
      counts[at] = (counts[at] as number) - 1;
      counts[3 * newest] = (counts[3 * newest] as number) + 1;
      counts[3 * newest + 1] = (counts[3 * newest + 1] as number) + 1;
      this.#failures++;
      return true;
    }
  }

  /** Adds the outcomes of many calls at once, as if they had all completed at `nowMs`. */
  add(nowMs: number, calls: number, failures: number, slow: number): void {
    const at = 3 * this.moveTo(nowMs);
    this.#counts ??= new Array<number>(3 * this.#buckets).fill(0);
    const counts = this.#counts;
    this.#total += calls;
    this.#failures += failures;
    this.#slow += slow;
    counts[at] = (counts[at] as number) + calls;
    counts[at + 1] = (counts[at + 1] as number) + failures;
    counts[at + 2] = (counts[at + 2] as number) + slow;
  }

  /** Moves the window to `nowMs`. Call it before you read `total`, `failures` and `slow`. */
  advance(nowMs: number): void {
    this.moveTo(nowMs);
  }

  /** How many calls it holds. */
  get total(): number {
    return this.#total;
  }

  /** How many of them failed. */
  get failures(): number {
    return this.#failures;
  }

  /** How many of them were slow, failed or not. */
  get slow(): number {
    return this.#slow;
  }

  /** Forgets every call, but not the time. */
  clear(): void {
    this.dropAll();
  }

  #makeCounts(): number[] {
    this.#counts = new Array<number>(3 * this.#buckets).fill(0);
    return this.#counts;
  }

  protected override get isEmpty(): boolean {
    return this.#total === 0;
  }

  protected override drop(slot: number): void {
    // Only a window that holds something drops a bucket, so there are counts.
    const counts = this.#counts as number[];
    const at = 3 * slot;
    this.#total -= counts[at] as number;
    this.#failures -= counts[at + 1] as number;
    this.#slow -= counts[at + 2] as number;
    counts[at] = counts[at + 1] = counts[at + 2] = 0;
  }

  protected override dropAll(): void {
    this.#counts?.fill(0);
    this.#total = 0;
    this.#failures = 0;
    this.#slow = 0;
  }
}
