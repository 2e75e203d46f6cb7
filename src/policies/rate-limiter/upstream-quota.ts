import { inNs, QuotaWindow } from './quota-window.js';

/** What an answer says about the quota of the upstream. Whatever it does not say is `undefined`. */
export interface QuotaReport {
  /** How much may be used in each window. Only a number from 1 on counts. */
  readonly limit?: number | undefined;
  /** How much of that is left. Less than nothing is nothing. More than `limit` does not count. */
  readonly remaining?: number | undefined;
  /** Milliseconds until all of it is there again. Only 1 ms to 31 days count. Default: the `per` of the limiter. */
  readonly resetMs?: number | undefined;
  /** The quota comes back evenly until the reset, as in a token bucket. Needs `limit`. Default: all of it at the reset. */
  readonly refills?: boolean | undefined;
  /** How long a window is, in milliseconds: 1 ms to 31 days. Default: the `per` of the limiter. */
  readonly windowMs?: number | undefined;
}

/** The longest time that is believed: monthly quotas are the longest there are. */
const MOST_MS = 31 * 86_400_000;

/** A reading may be so old. A clock that shows an earlier time has gone back. */
const OLD_MS = 1_000;

/**
 * What the upstream leaves of its quota, as far as its answers tell: others may use it, too. An answer is true of the moment when its request
 * arrived. Requests arrive in the order in which they start, so what has started later is not counted in it yet.
 *
 * After the reset nobody has told how the upstream goes on: with a window after the other, or with one that begins with the next call. It counts
 * both ways until an answer tells of a window, and lets in what both have room for.
 */
export class UpstreamQuota {
  /** For messages. */
  readonly says = '; the upstream has told that its quota is used up';
  readonly limitName = 'limit that the upstream has told';
  #limit = Infinity;
  #windowMs: number;
  /** Windows follow one another. */
  readonly #row = new QuotaWindow();
  /** Each window begins with a call. */
  readonly #called = new QuotaWindow();
  /** How much comes back each millisecond; 0 if all of it does at once. */
  #perMs = 0;
  #filledAt = 0;
  #seenAt = -Infinity;
  /** Whether an answer has told of this window. */
  #told = false;
  /** All that was taken so far. */
  #taken = 0;
  /** What had been taken when the request started whose answer is known. */
  #knownAt = 0;

  /** @param windowMs How long a window is, until an answer says so. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** The most that one call may cost, as an answer has told of this window; otherwise Infinity. */
  most(nowMs: number): number {
    this.#advance(nowMs);
    return this.#told ? this.#limit : Infinity;
  }

  /** Milliseconds until so much can be used after what waits `ahead` of it. */
  waitFor(count: number, ahead: number, nowMs: number): number {
    this.#advance(nowMs);
    const limit = this.#limit;
    // One that is larger than the whole quota gets a window that nobody has used.
    const wanted = ahead + Math.min(count, limit);
    if (this.#perMs > 0) {
      const waitMs = inNs(Math.max(0, wanted - this.#left) / this.#perMs);
      return nowMs + waitMs === nowMs ? 0 : waitMs;
    }
    return Math.max(
      this.#row.waitFor(wanted, limit, this.#windowMs, nowMs),
      this.#called.waitFor(wanted, limit, this.#windowMs, nowMs),
    );
  }

  /** Takes so much. Returns the place of this take among all. */
  take(count: number): number {
    this.#add(-count);
    this.#taken += count;
    return this.#taken;
  }

  /** What was taken at this place is more or less than was thought. */
  correct(more: number, place: number): void {
    // The answer that is known counts it as the upstream does.
    if (place <= this.#knownAt) return;
    this.#row.correct(more, place);
    this.#called.correct(more, place);
  }

  /** Adopts what the answer to the call says that took at this place. What cannot be true is left out. */
  learn(report: QuotaReport, place: number, nowMs: number): void {
    const { limit, remaining, resetMs, windowMs, refills } = report;
    this.#advance(nowMs);
    if (this.#told && place < this.#knownAt) return;
    const most = isNumber(limit) && limit >= 1 ? limit : undefined;
    const left = isNumber(remaining) ? Math.max(0, remaining) : undefined;
    if (most === undefined && left === undefined) return;
    if (left !== undefined && left > (most ?? Infinity)) return;
    if (resetMs !== undefined && !isTime(resetMs)) return;
    if (isTime(windowMs)) this.#windowMs = windowMs;
    const later = this.#taken - place;
    // A limit alone does not say that nothing was used.
    const used = this.#left < Infinity ? this.#limit - this.#left : later;
    if (most !== undefined) this.#limit = most;
    if (left !== undefined || !this.#told) {
      // What started later is not counted in it yet.
      const still = left === undefined ? this.#limit - used : left - later;
      const overMs = resetMs ?? this.#windowMs;
      this.#row.begin(still, nowMs + overMs, place);
      this.#called.begin(still, nowMs + overMs, place);
      this.#filledAt = nowMs;
      const gone = refills === true && left !== undefined ? this.#limit - left : 0;
      this.#perMs = gone > 0 && gone < Infinity ? gone / overMs : 0;
      this.#knownAt = place;
    }
    this.#told = true;
  }

  /** Whether it may still make a difference. */
  binds(nowMs: number): boolean {
    this.#advance(nowMs);
    return this.#told || this.#left < this.#limit;
  }

  /** What is known now; `undefined` when nothing is. */
  report(nowMs: number): QuotaReport | undefined {
    this.#advance(nowMs);
    const [limit, left] = [this.#limit, this.#left];
    if (limit === Infinity && left === Infinity) return undefined;
    return {
      ...(limit === Infinity ? {} : { limit }),
      remaining: Math.max(0, left),
      resetMs: this.waitFor(limit, 0, nowMs),
    };
  }

  get #left(): number {
    return Math.min(this.#row.left, this.#called.left);
  }

  #add(count: number): void {
    this.#row.left += count;
    this.#called.left += count;
  }

  /** What is left now. After a window, all of it can be used again. */
  #advance(nowMs: number): void {
    const [row, called] = [this.#row, this.#called];
    const backMs = this.#seenAt - nowMs;
    if (backMs > 0) {
      if (backMs < OLD_MS) return;
      row.until -= backMs;
      called.until -= backMs;
      this.#filledAt -= backMs;
    }
    this.#seenAt = nowMs;
    if (this.#perMs > 0) {
      const come = (nowMs - this.#filledAt) * this.#perMs;
      this.#add(Math.min(this.#limit - this.#left, come));
      this.#filledAt = nowMs;
      this.#told = nowMs < row.until;
      return;
    }
    if (row.left === Infinity) return;
    if (row.isOver(nowMs)) {
      this.#told = false;
      const sinceMs = Math.max(0, nowMs - row.until) % this.#windowMs;
      row.begin(this.#limit, nowMs - sinceMs + this.#windowMs, this.#taken);
    }
    // It begins with the first call that costs something: others are not sent.
    const isUnused = !this.#told && called.left === this.#limit;
    if (isUnused || called.isOver(nowMs)) {
      called.begin(this.#limit, nowMs + this.#windowMs, this.#taken);
    }
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

function isTime(value: unknown): value is number {
  return isNumber(value) && value >= 1 && value <= MOST_MS;
}
