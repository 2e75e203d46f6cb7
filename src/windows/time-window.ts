import { Buckets } from './buckets.js';
import type { CallWindow } from './call-window.js';

/**
 * Counts the outcomes of the calls of the last `lengthMs`, exact to one bucket. Older calls are
 * never counted. Calls younger than `lengthMs - lengthMs / buckets` always are.
 *
 * It has no clock. Its caller passes the time, and the window moves with it however few calls there
 * are. A time earlier than the newest one seen counts as the newest one.
 *
 * It allocates its memory at the first record.
 */
export class TimeWindow extends Buckets implements CallWindow {
  readonly timed = true;
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

  record(nowMs: number, failed: boolean, slow: boolean): void {
    if (failed || slow) this.add(nowMs, 1, failed ? 1 : 0, slow ? 1 : 0);
    else this.succeed(nowMs);
  }

  succeed(nowMs: number): void {
    const at = 3 * this.moveTo(nowMs);
    const counts = this.#counts ?? this.#makeCounts();
    this.#total++;
    counts[at] = (counts[at] as number) + 1;
  }

  /** The success that is removed is the oldest. */
  failSuccess(nowMs: number): boolean {
    let slot = this.moveTo(nowMs);
    const counts = this.#counts;
    if (counts === undefined || this.#total === this.#failures) return false;
    do slot = (slot + 1) % this.#buckets;
    while (counts[3 * slot] === counts[3 * slot + 1]);
    this.#change(3 * slot, -1, 0, 0);
    this.record(nowMs, true, false);
    return true;
  }

  add(nowMs: number, calls: number, failures: number, slow: number): void {
    this.#change(3 * this.moveTo(nowMs), calls, failures, slow);
  }

  advance(nowMs: number): void {
    this.dropOld(nowMs);
  }

  get total(): number {
    return this.#total;
  }

  get failures(): number {
    return this.#failures;
  }

  get slow(): number {
    return this.#slow;
  }

  clear(): void {
    this.#counts?.fill(0);
    this.#total = this.#failures = this.#slow = 0;
  }

  #makeCounts(): number[] {
    this.#counts = new Array<number>(3 * this.#buckets).fill(0);
    return this.#counts;
  }

  #change(at: number, calls: number, failures: number, slow: number): void {
    const counts = this.#counts ?? this.#makeCounts();
    this.#total += calls;
    this.#failures += failures;
    this.#slow += slow;
    counts[at] = (counts[at] as number) + calls;
    counts[at + 1] = (counts[at + 1] as number) + failures;
    counts[at + 2] = (counts[at + 2] as number) + slow;
  }

  protected override get isEmpty(): boolean {
    return this.#total === 0;
  }

  protected override drop(slot: number): void {
    // Only a window that holds something drops a bucket, so there are counts.
    const [calls, failures, slow] = (this.#counts as number[]).slice(3 * slot, 3 * slot + 3);
    this.#change(3 * slot, -(calls as number), -(failures as number), -(slow as number));
  }
}
