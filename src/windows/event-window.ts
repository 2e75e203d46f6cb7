import { Buckets } from './buckets.js';

/**
 * Counts the events of the last `lengthMs`. It has no clock: its caller passes the time. A time
 * earlier than the newest one seen counts as the newest one. It allocates its memory at the first
 * event.
 *
 * It errs by up to one bucket (`lengthMs / buckets`), in the direction you choose:
 * - `'low'`: an event older than `lengthMs` is never counted. One almost as old may be missing.
 *   Use it for events that earn something, such as the first attempts that earn retries.
 * - `'high'`: an event younger than `lengthMs` is always counted. One slightly older may be too.
 *   Use it for events that use something up, such as the retries themselves.
 */
export class EventWindow extends Buckets {
  readonly #slots: number;
  #counts: number[] | undefined;
  #total = 0;

  /**
   * @param lengthMs How far back it looks, in milliseconds: > 0.
   * @param buckets In how many steps it moves: a whole number >= 1.
   * @param errs Which way it is inexact.
   */
  constructor(lengthMs: number, buckets = 10, errs: 'low' | 'high' = 'low') {
    const slots = errs === 'high' ? buckets + 1 : buckets;
    super(lengthMs / buckets, slots);
    this.#slots = slots;
  }

  /** Adds `n` events at `nowMs`. `n` must be a whole number >= 0, or sums would not return to 0. */
  add(nowMs: number, n = 1): void {
    const at = this.moveTo(nowMs);
    const counts = this.#counts ?? this.#makeCounts();
    counts[at] = (counts[at] as number) + n;
    this.#total += n;
  }

  #makeCounts(): number[] {
    this.#counts = new Array<number>(this.#slots).fill(0);
    return this.#counts;
  }

  /** The number of events in the window that ends at `nowMs`. */
  total(nowMs: number): number {
    this.dropOld(nowMs);
    return this.#total;
  }

  /** Forgets every event, but not the time. */
  clear(): void {
    this.#counts?.fill(0);
    this.#total = 0;
  }

  protected override get isEmpty(): boolean {
    return this.#total === 0;
  }

  protected override drop(slot: number): void {
    // Only a window that holds something drops a bucket, so there are counts.
    const counts = this.#counts as number[];
    this.#total -= counts[slot] as number;
    counts[slot] = 0;
  }
}
