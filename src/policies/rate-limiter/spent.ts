import type { TokenBucket } from '../token-bucket.js';
import { Headroom } from './headroom.js';
import type { QuotaReport, UpstreamQuota } from './upstream-quota.js';

/** What a call has taken, until it is known what it has really cost. */
export class Spent {
  #cost: number;
  readonly #bucket: TokenBucket;
  readonly #headroom: Headroom;
  readonly #quota: UpstreamQuota | undefined;
  readonly #take: number;
  readonly #place: number;
  #forgotten = false;

  /** Takes it. */
  constructor(cost: number, bucket: TokenBucket, quota?: UpstreamQuota) {
    bucket.headroom ??= new Headroom();
    this.#headroom = bucket.headroom as Headroom;
    this.#cost = cost;
    this.#bucket = bucket;
    this.#quota = quota;
    bucket.take(cost);
    this.#take = this.#headroom.mark();
    this.#place = quota?.take(cost) ?? 0;
  }

  /** Gives it back: the call has not started after all. */
  giveBack(): void {
    this.#forgotten = true;
    this.#bucket.putBack(this.#cost);
    this.#quota?.take(-this.#cost);
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
    if (more > 0) bucket.take(more);
    else bucket.putBack(Math.min(-more, this.#headroom.leastSince(this.#take)));
    this.#headroom.sink(bucket.room);
    this.#quota?.correct(more, this.#place);
  }

  /** Its answer says this. */
  learn(told: QuotaReport, nowMs: number): void {
    this.#quota?.learn(told, this.#place, nowMs);
  }
}
