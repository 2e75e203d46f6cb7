/** Calls before anything is said. */
const MIN_CALLS = 10;

/** About how many calls it looks back on. */
const CALLS_TO_FORGET = 100;

/** How many times as long as usual is unusual, if all calls take about the same time: five times. */
const FACTOR = /* @__PURE__ */ Math.log(5);

/** Below this, differences in latency are noise. */
const LEAST_MS = 20;
const LEAST = /* @__PURE__ */ Math.log(LEAST_MS);

/** Smaller values make no difference. */
const NOTHING = 1e-6;

/** How long calls take of late, and from when on a call takes unusually long. For calls without a deadline. */
export class UsualLatency {
  #calls = 0;
  #mean = 0;
  #square = 0;
  /** Not known before it is asked for. */
  #unusualMs = Number.NaN;

  /** A call that succeeded took this long. Impossible latencies are skipped. */
  add(latencyMs: number): void {
    if (!(latencyMs >= 0 && latencyMs < Infinity)) return;
    this.#calls++;
    const log = latencyMs <= 1 ? 0 : Math.log(latencyMs);
    // Calls within the process take no time: there is nothing to calculate.
    if (log === 0 && this.#square < NOTHING) return;
    const weight = 1 / Math.min(CALLS_TO_FORGET, this.#calls);
    this.#mean += weight * (log - this.#mean);
    this.#square += weight * (log * log - this.#square);
    this.#unusualMs = Number.NaN;
  }

  /** Five times the typical latency, or two standard deviations above it if latencies spread wider than that. Infinity at first. */
  get unusualMs(): number {
    if (this.#calls < MIN_CALLS) return Infinity;
    if (Number.isNaN(this.#unusualMs)) {
      const deviation = Math.sqrt(Math.max(0, this.#square - this.#mean ** 2));
      const unusual = this.#mean + Math.max(FACTOR, 2 * deviation);
      this.#unusualMs = unusual > LEAST ? Math.exp(unusual) : LEAST_MS;
    }
    return this.#unusualMs;
  }
}
