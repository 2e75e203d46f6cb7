/** A sliding window of calls that have ended. It has no clock, and is told the time. */
export interface CallWindow {
  /** Whether it moves with time. */
  readonly timed: boolean;
  /** How many calls it holds. */
  readonly total: number;
  /** How many of them failed. */
  readonly failures: number;
  /** How many of them were slow, failed or not. */
  readonly slow: number;
  /** Adds the outcome of a call that completed at `nowMs`. */
  record(nowMs: number, failed: boolean, slow: boolean): void;
  /** Adds a success, as `record` does. It serves the path that almost every call takes. */
  succeed(nowMs: number): void;
  /**
   * Turns a success into a failure at `nowMs`, because its call has failed since. Returns `false` and changes nothing when it holds no success.
   */
  failSuccess(nowMs: number): boolean;
  /** Adds the outcomes of many calls at once, as if they had all completed at `nowMs`. If they do not fit, it keeps their rates. */
  add(nowMs: number, calls: number, failures: number, slow: number): void;
  /** Moves on to `nowMs`. Call it before you read how many calls it holds. */
  advance(nowMs: number): void;
  /** Forgets every call, but not the time. */
  clear(): void;
}
