import { Buckets } from './buckets.js';

/**
 * Outcomes of the calls of the last `lengthMs`, within one bucket: what is older is never counted,
 * and what is younger than `lengthMs - lengthMs / buckets` always is.
 *
 * It has no clock: it is told the time, and moves with it however few calls there are. A time
 * earlier than the newest one seen is taken as that one.
 *
 * Memory is taken at the first record.
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

  /** Adds a success: the same as {@link TimeWindow.record} does, for the path that almost every call takes. */
  succeed(nowMs: number): void {
    const at = 3 * this.moveTo(nowMs);
    const counts = this.#counts ?? this.#makeCounts();
    this.#total++;
    counts[at] = (counts[at] as number) + 1;
  }

  /**
   * The call of a success has failed since: the oldest success is taken out, and a failure that completed at `nowMs` added. Answers
   * `false`, and changes nothing, when it holds no success.
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

  /** Moves the window to `nowMs`: to be done before `total`, `failures` and `slow` are read. */
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
    // Only a window that holds something drops it, so there are counts.
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
