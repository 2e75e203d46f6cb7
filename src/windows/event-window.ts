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
  /**
   * @param lengthMs How far back it looks, in milliseconds: > 0.
   * @param buckets In how many steps it moves: a whole number >= 1.
   * @param errs Which way it is inexact.
   */
  constructor(lengthMs: number, buckets = 10, errs: 'low' | 'high' = 'low') {
    super(lengthMs / buckets, errs === 'high' ? buckets + 1 : buckets);
  }

  /** Adds `n` events at `nowMs`. `n` must be a whole number >= 0, or sums would not return to 0. */
  add(nowMs: number, n = 1): void {
    this.put(nowMs, n);
  }

  /** The number of events in the window that ends at `nowMs`. */
  total(nowMs: number): number {
    this.moveTo(nowMs);
    return this.held;
  }
}
