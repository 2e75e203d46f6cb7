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
  readonly #slots: number;
  /** Failures and slow calls, bucket by bucket. A bucket without any may have no number. */
  readonly #failed: number[] = [];
  readonly #slowed: number[] = [];
  #failures = 0;
  #slow = 0;

  /**
   * @param lengthMs How far back it looks, in milliseconds: > 0.
   * @param buckets In how many steps it moves: a whole number >= 1.
   */
  constructor(lengthMs: number, buckets = 10) {
    super(lengthMs / buckets, buckets);
    this.#slots = buckets;
  }

  record(nowMs: number, failed: boolean, slow: boolean): void {
    this.add(nowMs, 1, failed ? 1 : 0, slow ? 1 : 0);
  }

  succeed(nowMs: number): void {
    this.put(nowMs, 1);
  }

  /** The success that is removed is the oldest. */
  failSuccess(nowMs: number): boolean {
    const newest = this.moveTo(nowMs);
    if (this.total === this.#failures) return false;
    let oldest = newest;
    do oldest = (oldest + 1) % this.#slots;
    while (this.heldIn(oldest) === (this.#failed[oldest] ?? 0));
    this.change(oldest, -1);
    this.record(nowMs, true, false);
    return true;
  }

  add(nowMs: number, calls: number, failures: number, slow: number): void {
    const at = this.put(nowMs, calls);
    if (failures > 0) {
      this.#failures += failures;
      this.#failed[at] = (this.#failed[at] ?? 0) + failures;
    }
    if (slow > 0) {
      this.#slow += slow;
      this.#slowed[at] = (this.#slowed[at] ?? 0) + slow;
    }
  }

  advance(nowMs: number): void {
    this.moveTo(nowMs);
  }

  get total(): number {
    return this.held;
  }

  get failures(): number {
    return this.#failures;
  }

  get slow(): number {
    return this.#slow;
  }

  override clear(): void {
    super.clear();
    this.#failed.length = this.#slowed.length = 0;
    this.#failures = this.#slow = 0;
  }

  protected override drop(slot: number): void {
    super.drop(slot);
    this.#failures -= this.#failed[slot] ?? 0;
    this.#slow -= this.#slowed[slot] ?? 0;
    this.#failed[slot] = this.#slowed[slot] = 0;
  }
}
