import type { TickListener } from '../time/tick.js';
import type { TimeSource } from '../time/time-source.js';

/** Nanoseconds in a millisecond. Waits are whole nanoseconds, so that rounding makes no due token late. */
const NS = 1e6;

/** A part of a token. If less than this is missing, it is missing only by rounding. */
const ROUNDING = 1e-9;

/** If it takes at least so long to fill a bucket, what comes in one tick is a small part of it: 25 ticks. */
const SLOW_MS = 100;

/**
 * A token bucket (Turner, "New directions in communications", 1986; RFC 2697). It is full at first, holds at most `burst` tokens,
 * and gets `limit` tokens every `perMs`. In any time t at most burst + t x limit / perMs are taken out.
 */
export class TokenBucket implements TickListener {
  readonly #burst: number;
  readonly #msPerToken: number;
  readonly #isSlow: boolean;
  /** Below zero if more were taken than were there. */
  #tokens: number;
  #filledAt = Number.NEGATIVE_INFINITY;
  /** What was taken since then, nobody knows exactly when. */
  #owed = 0;
  /** @internal Hears how much room there is, once tokens may come back late. */
  headroom: { sink(room: number): void } | undefined;

  constructor(limit: number, perMs: number, burst: number) {
    this.#burst = burst;
    this.#msPerToken = perMs / limit;
    this.#isSlow = burst * this.#msPerToken >= SLOW_MS;
    this.#tokens = burst;
  }

  /** Milliseconds until `count` tokens can have been taken; 0 when they can be taken now. */
  waitFor(count: number, nowMs: number): number {
    this.#fill(nowMs);
    this.headroom?.sink(this.room);
    const missing = count - this.#tokens;
    if (missing <= 0) return 0;
    const waitMs = Math.round(missing * this.#msPerToken * NS) / NS;
    // A wait that the clock cannot tell from now would never be over.
    return nowMs + waitMs === nowMs ? 0 : waitMs;
  }

  /** How many it could hold besides those that it held when it was last asked. */
  get room(): number {
    return this.#burst - this.#tokens;
  }

  /** Takes some, whether or not they are there. */
  take(count: number): void {
    this.#tokens -= count;
  }

  /**
   * Takes some between two ticks, if they are certainly there, without the time. They count as taken at the next tick, or when the time is next told,
   * whichever comes first: never earlier than they were, so the bound holds for any time. What comes meanwhile and does not fit in is lost, so it takes
   * none where that could be much of what the bucket holds. Returns whether they were taken.
   */
  takeUntimed(count: number, time: Pick<TimeSource, 'awaitTick'>): boolean {
    const owed = this.#owed;
    if (!this.#isSlow || this.#tokens - owed < count) return false;
    if (owed === 0) time.awaitTick(this);
    this.#owed = owed + count;
    return true;
  }

  /** @internal */
  onTick(nowMs: number): void {
    this.#fill(nowMs);
  }

  /** Puts some back that were taken and not used. */
  putBack(count: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + count);
  }

  /** How many can be taken at once. `nowMs` may be a little old: asking does not set the time back. */
  available(nowMs: number): number {
    // An old time is too early for what is owed.
    if (nowMs > this.#filledAt && this.#owed === 0) this.#fill(nowMs);
    const tokens = nowMs > this.#filledAt ? this.#filled(nowMs) : this.#tokens;
    return Math.max(0, Math.floor(tokens - this.#owed + ROUNDING));
  }

  #fill(nowMs: number): void {
    // Time that goes back neither adds nor removes tokens.
    if (nowMs > this.#filledAt) this.#tokens = this.#filled(nowMs);
    this.#filledAt = nowMs;
    this.#tokens -= this.#owed;
    this.#owed = 0;
  }

  #filled(nowMs: number): number {
    const come = (nowMs - this.#filledAt) / this.#msPerToken;
    return Math.min(this.#burst, this.#tokens + come);
  }
}
