/** Rounds near the limit after which the unloaded latency is measured anew. */
const ROUNDS_BETWEEN = 50;

/** Calls of rounds with little load that count as much as all that was known before. */
const CALLS_TO_FORGET = 100;

/** A measurement in which calls were faster than this share of before: halving the limit has made them so, as there was a queue. */
const QUEUE_GONE = 0.6;

/** Calls near the limit that are faster than this share of the unloaded latency: the upstream itself has become faster. */
const FASTER = 0.4;

/**
 * How long calls take when nothing queues: what a latency has to be compared with.
 *
 * It cannot be read from calls near the limit, which may have made a queue that never empties: a moving average of those follows
 * every overload, and a minimum never forgets. So it comes from rounds in which at most half of the limit was in use. While load is low
 * these come by themselves. Else the limit is halved for one round every now and then, as BBR does to find the shortest round trip.
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
   * A round near the limit ended. Answers whether it is time to measure anew: also where the limit has fallen by half since, for if
   * there is no queue of ours but the upstream has become slower for good, then what is known is wrong.
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
   * With half the limit, calls took this long. Longer than what is known, it is believed at once: halving makes nothing slower, and with
   * too low a value the limit would stay down. Shorter, it counts as much as what is known.
   */
  measure(latencyMs: number, limit: number): void {
    this.#learn(latencyMs, latencyMs > this.ms ? 1 : 0.5, limit);
  }

  /** Calls near the limit took this long: without load they do not take longer. Noise apart, which is why it must be much less. */
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

/** Whether calls queued before, when with half the limit they take this long. */
export function hadQueue(latencyMs: number, beforeMs: number): boolean {
  return latencyMs < beforeMs * QUEUE_GONE;
}
