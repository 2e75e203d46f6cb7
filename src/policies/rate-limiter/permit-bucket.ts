import { TokenBucket } from '../token-bucket.js';
import { Headroom } from './headroom.js';

/** A token bucket to which tokens may come back late, when it is known what a call has really cost. */
export class PermitBucket extends TokenBucket {
  #headroom: Headroom | undefined;

  /** Whether tokens may still come back. */
  get remembers(): boolean {
    return this.#headroom !== undefined;
  }

  override waitFor(count: number, nowMs: number): number {
    const waitMs = super.waitFor(count, nowMs);
    this.#headroom?.sink(this.room);
    return waitMs;
  }

  /** Takes some that may come back. Returns the number of the take. */
  lend(count: number): number {
    this.#headroom ??= new Headroom();
    this.take(count);
    return this.#headroom.mark();
  }

  /** Takes what was not taken in time, whether or not it is there. */
  owe(count: number, nowMs: number): void {
    this.waitFor(0, nowMs);
    this.take(count);
  }

  /**
   * Puts some of a take back. Those that would have found the bucket full since then are lost, as if they had never been taken: with them, more
   * could be taken now than the bound allows.
   */
  restore(count: number, take: number, nowMs: number): void {
    this.waitFor(0, nowMs);
    this.putBack(Math.min(count, this.#headroom?.leastSince(take) ?? 0));
    this.#headroom?.sink(this.room);
  }
}
