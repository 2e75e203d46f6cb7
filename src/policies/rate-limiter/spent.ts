import type { PermitBucket } from './permit-bucket.js';
import type { QuotaReport, UpstreamQuota } from './upstream-quota.js';

/** What a call has taken, until it is known what it has really cost. */
export class Spent {
  #cost: number;
  readonly #bucket: PermitBucket;
  readonly #quota: UpstreamQuota | undefined;
  readonly #take: number;
  readonly #place: number;
  #forgotten = false;

  /** Takes it. */
  constructor(cost: number, bucket: PermitBucket, quota: UpstreamQuota | undefined) {
    this.#cost = cost;
    this.#bucket = bucket;
    this.#quota = quota;
    this.#take = bucket.lend(cost);
    this.#place = quota?.take(cost) ?? 0;
  }

  /** The call has not started after all. */
  forget(): void {
    this.#forgotten = true;
  }

  /** This is what the call has cost. The last word counts. */
  settle(cost: number, nowMs: number): void {
    if (this.#forgotten) return;
    const more = cost - this.#cost;
    this.#cost = cost;
    if (more > 0) this.#bucket.owe(more, nowMs);
    else this.#bucket.restore(-more, this.#take, nowMs);
    this.#quota?.correct(more, this.#place);
  }

  /** Its answer says this. */
  learn(told: QuotaReport, nowMs: number): void {
    this.#quota?.learn(told, this.#place, nowMs);
  }
}
