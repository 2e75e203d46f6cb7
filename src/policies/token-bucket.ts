/** Nanoseconds a millisecond: waits are whole nanoseconds, so that what is asked for when it is due is not late by a rounding. */
const NS = 1e6;

/** Of a token: less than this is missing by rounding alone. */
const ROUNDING = 1e-9;

/**
 * A token bucket (Turner, "New directions in communications", 1986; RFC 2697): it is full at first, holds `burst` tokens at
 * most, and gets `limit` of them every `perMs`. In any time t at most burst + t x limit / perMs are taken out of it.
 */
export class TokenBucket {
  readonly #burst: number;
  readonly #msPerToken: number;
  /** Below zero where more were taken than were there. */
  #tokens: number;
  #filledAt = Number.NEGATIVE_INFINITY;

  constructor(limit: number, perMs: number, burst: number) {
    this.#burst = burst;
    this.#msPerToken = perMs / limit;
    this.#tokens = burst;
  }

  /** Milliseconds until there is one for the last of `count` who take one each; 0 when there is one now. */
  waitFor(count: number, nowMs: number): number {
    this.#fill(nowMs);
    const missing = count - this.#tokens;
    if (missing <= 0) return 0;
    const waitMs = Math.round(missing * this.#msPerToken * NS) / NS;
    // What the clock cannot tell from now would never be over.
    return nowMs + waitMs === nowMs ? 0 : waitMs;
  }

  /** Takes one, whether or not it is there. */
  take(): void {
    this.#tokens--;
  }

  /** Puts one back that was taken and not used. */
  putBack(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  /** How many can be taken at once. `nowMs` may be a little old: whoever only asks does not set the time back. */
  available(nowMs: number): number {
    if (nowMs > this.#filledAt) this.#fill(nowMs);
    return Math.max(0, Math.floor(this.#tokens + ROUNDING));
  }

  #fill(nowMs: number): void {
    const elapsed = nowMs - this.#filledAt;
    // Time that goes back brings nothing, and takes nothing either.
    if (elapsed > 0) {
      this.#tokens = Math.min(this.#burst, this.#tokens + elapsed / this.#msPerToken);
    }
    this.#filledAt = nowMs;
  }
}
