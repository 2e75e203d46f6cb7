/** The share of calls let in right after closing. */
export const FIRST_SHARE = 0.25;
/** So many calls a second are let in whatever the share, and so many at once. */
export const FREE_CALLS = 5;
/** So many failures, that are at least half of the calls that ended, are a relapse. */
export const RELAPSE_FAILURES = 3;

/**
 * The share of calls to let in: from {@link FIRST_SHARE} to all, ever more slowly towards the end, where an upstream comes
 * near to what it can take.
 *
 * @param progress How much of the ramp is over, from 0 to 1.
 */
export function shareAt(progress: number): number {
  const left = 1 - progress;
  return 1 - (1 - FIRST_SHARE) * left * left;
}

/** What a ramp has seen of the calls it let in. */
export interface RampCounts {
  readonly calls: number;
  readonly failures: number;
}

/**
 * A breaker that closes lets calls in again step by step, and watches how they fare.
 *
 * It has neither clock nor chance: who is refused follows from the times at which calls come. Each call adds the share of that
 * moment to a credit, and takes 1 when it is let in. Calls that are few do not depend on it.
 */
export class Ramp implements RampCounts {
  readonly forMs: number;
  startedAt: number;
  calls: number;
  failures: number;
  #credit = 0;
  #free = FREE_CALLS;
  #freeAt: number;

  /** @param forMs > 0. */
  constructor(startedAt: number, forMs: number, { calls, failures }: RampCounts = NONE) {
    this.startedAt = startedAt;
    this.forMs = forMs;
    this.calls = calls;
    this.failures = failures;
    this.#freeAt = startedAt;
  }

  get endsAt(): number {
    return this.startedAt + this.forMs;
  }

  /** Whether it is over at `nowMs`. To be asked before anything else at a given time. */
  over(nowMs: number): boolean {
    // The clock went back, which it must not: the ramp takes no longer than it was to, from now on.
    if (nowMs < this.startedAt) this.startedAt = nowMs;
    if (nowMs < this.#freeAt) this.#freeAt = nowMs;
    return nowMs >= this.endsAt;
  }

  /** The share of calls to let in at `nowMs`, while it is not over. */
  share(nowMs: number): number {
    return shareAt((nowMs - this.startedAt) / this.forMs);
  }

  /** Whether a call that comes at `nowMs` is let in. */
  admit(nowMs: number): boolean {
    this.#free = Math.min(FREE_CALLS, this.#free + ((nowMs - this.#freeAt) * FREE_CALLS) / 1_000);
    this.#freeAt = nowMs;
    if (this.#free >= 1) {
      this.#free--;
      return true;
    }
    this.#credit += this.share(nowMs);
    if (this.#credit < 1) return false;
    this.#credit--;
    return true;
  }

  /** A call that it let in has ended. Answers whether the upstream has relapsed. */
  record(failed: boolean): boolean {
    this.calls++;
    if (failed) this.failures++;
    return this.failures >= RELAPSE_FAILURES && this.failures * 2 >= this.calls;
  }

  /** A call that was recorded as a success has failed since. Answers as {@link Ramp.record}. */
  recordLate(): boolean {
    this.calls--;
    return this.record(true);
  }
}

const NONE: RampCounts = { calls: 0, failures: 0 };
