import type { TokenBucket } from '../token-bucket.js';
import { Headroom } from './headroom.js';
import type { QuotaReport, UpstreamQuota } from './upstream-quota.js';

/** How many takes of one call are kept apart. */
const MOST = 8;

/** What a call has taken, until it is known what it has really cost. */
export class Spent {
  #cost: number;
  readonly #bucket: TokenBucket;
  readonly #headroom: Headroom;
  readonly #quota: UpstreamQuota | undefined;
  readonly #place: number;
  /** What it took, and what was found to be missing later. */
  readonly #takes: { count: number; readonly take: number }[] = [];
  #forgotten = false;

  /** Takes it. */
  constructor(cost: number, bucket: TokenBucket, quota?: UpstreamQuota) {
    bucket.headroom ??= new Headroom();
    this.#headroom = bucket.headroom as Headroom;
    this.#cost = cost;
    this.#bucket = bucket;
    this.#quota = quota;
    this.#borrow(cost);
    this.#place = quota?.take(cost) ?? 0;
  }

  /** Gives it back: the call has not started after all. */
  giveBack(): void {
    this.#forgotten = true;
    this.#bucket.putBack(this.#cost);
    this.#quota?.correct(-this.#cost, this.#place);
  }

  /**
   * This is what the call has cost. The last word counts. What was too much comes back, except for tokens that would have found the bucket full
   * since then: with them, more could be taken now than the bound allows.
   */
  settle(cost: number, nowMs: number): void {
    if (this.#forgotten) return;
    const more = cost - this.#cost;
    const bucket = this.#bucket;
    this.#cost = cost;
    // For all tokens that have come until now.
    bucket.waitFor(0, nowMs);
    if (more > 0) this.#borrow(more);
    else this.#restore(-more);
    this.#quota?.correct(more, this.#place);
  }

  #borrow(count: number): void {
    this.#bucket.take(count);
    const take = this.#headroom.mark();
    const last = this.#takes.at(-1);
    if (last !== undefined && this.#takes.length >= MOST) last.count += count;
    else this.#takes.push({ count, take });
  }

  /** The last that was taken first. */
  #restore(count: number): void {
    for (let rest = count; rest > 0; ) {
      const last = this.#takes.at(-1);
      if (last === undefined) break;
      const some = Math.min(rest, last.count);
      const back = Math.min(some, this.#headroom.leastSince(last.take));
      this.#bucket.putBack(back);
      this.#headroom.undo(last.take, back);
      this.#headroom.sink(this.#bucket.room);
      rest -= some;
      last.count -= some;
      if (last.count <= 0) this.#takes.pop();
    }
  }

  /** Its answer says this. */
  learn(told: QuotaReport, nowMs: number): void {
    this.#quota?.learn(told, this.#place, nowMs);
  }
}
