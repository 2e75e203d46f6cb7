/** Lets through a number at once, and then one in each period: a token bucket. It is told the time. */
export class FloodGate {
  readonly #burst: number;
  readonly #refillMs: number;
  #tokens: number;
  #at = -Infinity;
  #suppressed = 0;

  /**
   * @param burst How many are let through at once: a whole number >= 1.
   * @param refillMs After how many milliseconds one more is let through.
   */
  constructor(burst: number, refillMs: number) {
    this.#burst = burst;
    this.#refillMs = refillMs;
    this.#tokens = burst;
  }

  /** Asks for one. Returns how many have been held back since the last one that was let through, or `undefined` when this one is held back, too. */
  pass(nowMs: number): number | undefined {
    if (this.#at === -Infinity) this.#at = nowMs;
    const earned = Math.floor((nowMs - this.#at) / this.#refillMs);
    if (earned > 0) {
      this.#tokens = Math.min(this.#burst, this.#tokens + earned);
      this.#at += earned * this.#refillMs;
    }
    if (this.#tokens === 0) {
      this.#suppressed++;
      return undefined;
    }
    this.#tokens--;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return suppressed;
  }
}
