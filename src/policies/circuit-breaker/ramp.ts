/** The share of calls let in right after closing. */
export const FIRST_SHARE = 0.25;
/** This many calls a second, and at once, are let in whatever the share. */
export const FREE_CALLS = 5;
/** This many failures are a relapse, if they are at least half of the calls that ended. */
export const RELAPSE_FAILURES = 3;

/**
 * The share of calls to let in. It grows from {@link FIRST_SHARE} to all, more and more slowly towards the end, where an upstream comes
 * close to its capacity.
 *
 * @param progress How much of the ramp is over, from 0 to 1.
 */
export function shareAt(progress: number): number {
  const left = 1 - progress;
  return 1 - (1 - FIRST_SHARE) * left * left;
}

/** The calls that a ramp let in, and how they ended. */
export interface RampCounts {
  readonly calls: number;
  readonly failures: number;
}

/**
 * A closing breaker lets calls in again step by step, and watches how they end.
 *
 * It has neither a clock nor chance: the times at which calls come decide which are refused. Each call adds the share of that
 * moment to a credit, and takes 1 from it when it is let in. When calls are few, all are let in.
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

  /** Whether it is over at `nowMs`. Ask this before anything else at a given time. */
  over(nowMs: number): boolean {
    // The clock went back, which it must not do. From now on the ramp takes no longer than its whole time.
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

  /** A call that it let in has ended. Returns whether the upstream has relapsed. */
  record(failed: boolean): boolean {
    this.calls++;
    if (failed) this.failures++;
    return this.failures >= RELAPSE_FAILURES && this.failures * 2 >= this.calls;
  }

  /** A call that was recorded as a success has failed since. Returns the same as {@link Ramp.record}. */
  recordLate(): boolean {
    this.calls--;
    return this.record(true);
  }
}

const NONE: RampCounts = { calls: 0, failures: 0 };
