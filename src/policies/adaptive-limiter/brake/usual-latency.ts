/** Calls before anything is said. */
const MIN_CALLS = 10;

/** About how many calls it looks back on. */
const CALLS_TO_FORGET = 100;

/** How many times as long as usual is unusual, where all calls take much the same. */
const FACTOR = 5;

/** Below this, differences in latency are noise. */
const LEAST_MS = 20;

/** What calls take of late, and from where on a call takes unusually long: for calls whose caller says no deadline. */
export class UsualLatency {
  #calls = 0;
  #mean = 0;
  #square = 0;

  /** A useful call took so long. */
  add(latencyMs: number): void {
    const log = Math.log(Math.max(1, latencyMs));
    const weight = 1 / Math.min(CALLS_TO_FORGET, ++this.#calls);
    this.#mean += weight * (log - this.#mean);
    this.#square += weight * (log * log - this.#square);
  }

  /** Five times the typical latency, or two standard deviations above it where latencies spread wider than that; Infinity at first. */
  get unusualMs(): number {
    if (this.#calls < MIN_CALLS) return Infinity;
    const deviation = Math.sqrt(Math.max(0, this.#square - this.#mean ** 2));
    return Math.max(LEAST_MS, Math.exp(this.#mean) * Math.max(FACTOR, Math.exp(2 * deviation)));
  }
}
