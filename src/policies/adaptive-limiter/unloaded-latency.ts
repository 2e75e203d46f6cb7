/** Rounds near the limit after which the unloaded latency is measured again. */
const ROUNDS_BETWEEN = 50;

/** How many calls with little load count as much as everything known before. */
const CALLS_TO_FORGET = 100;

/** If calls were faster than this share of before, halving the limit made them faster: there was a queue. */
const QUEUE_GONE = 0.6;

/** If calls near the limit are faster than this share of the unloaded latency, the upstream itself has become faster. */
const FASTER = 0.4;

/**
 * How long calls take when nothing queues. Latencies are compared with that.
 *
 * Calls near the limit cannot tell, since they may have made a queue that never empties: their moving average follows
 * every overload, and a minimum never forgets. So it comes from rounds that used at most half of the limit. While load is low,
 * these come by themselves. Otherwise the limit is halved for one round from time to time, as BBR does to find the shortest round trip.
 *
 * @see https://doi.org/10.1145/3009824 Cardwell et al.: BBR, congestion-based congestion control, 2016
 */
export class UnloadedLatency {
  /** In milliseconds; NaN until it is known. */
  ms = Number.NaN;
  #rounds = 0;
  /** The highest limit since it was measured. */
  #highest = 0;

  get isKnown(): boolean {
    return !Number.isNaN(this.ms);
  }

  /**
   * A round near the limit ended. Returns whether it is time to measure again. It also is when the limit has fallen by half since: if
   * there is no queue of ours, but the upstream has become slower for good, the known value is wrong.
   */
  endRound(limit: number): boolean {
    this.#highest = Math.max(this.#highest, limit);
    return !this.isKnown || ++this.#rounds > ROUNDS_BETWEEN || limit < this.#highest / 2;
  }

  /** `calls` calls with little load took this long. */
  observe(latencyMs: number, calls: number, limit: number): void {
    this.#learn(latencyMs, Math.min(1, calls / CALLS_TO_FORGET), limit);
  }

  /**
   * With half the limit, calls took this long. A longer time than the known one counts at once: halving makes nothing slower, and with
   * too low a value the limit would stay down. A shorter time counts as much as the known one.
   */
  measure(latencyMs: number, limit: number): void {
    this.#learn(latencyMs, latencyMs > this.ms ? 1 : 0.5, limit);
  }

  /** Calls near the limit took this long. Without load they do not take longer, apart from noise. So it must be much less to count. */
  boundBy(latencyMs: number): void {
    if (latencyMs < this.ms * FASTER) this.ms = Math.sqrt(this.ms * latencyMs);
  }

  #learn(latencyMs: number, weight: number, limit: number): void {
    // Latencies spread by factors: the mean of two is the geometric one.
    this.ms = this.isKnown ? this.ms ** (1 - weight) * latencyMs ** weight : latencyMs;
    this.#rounds = 0;
    this.#highest = limit;
  }
}

/** Whether calls queued before, if they take this long with half the limit. */
export function hadQueue(latencyMs: number, beforeMs: number): boolean {
  return latencyMs < beforeMs * QUEUE_GONE;
}
