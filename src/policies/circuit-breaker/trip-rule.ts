/** What a breaker knows about the calls that ended lately. */
export interface Health {
  /** Calls in the window. */
  readonly total: number;
  /** Those that failed. */
  readonly failures: number;
  /** Those that were slow, failed or not. */
  readonly slow: number;
  /** How long the window has held failures, up to the latest one, in milliseconds. */
  readonly failuresLastedMs: number;
  /** The steps of failures since the last success, however long ago. Calls in flight together are one step. */
  readonly consecutiveFailures: number;
  /** How long that run has lasted, from its first failure to its latest one, in milliseconds. */
  readonly runLastedMs: number;
}

/** When a closed breaker opens. Any one rule suffices; `undefined` switches a rule off. */
export interface TripRule {
  /** Share of failures at which it opens, once the window holds `minimumCalls`. */
  readonly failureRate: number | undefined;
  /** Share of slow calls at which it opens, once the window holds `minimumCalls`. */
  readonly slowCallRate: number | undefined;
  readonly minimumCalls: number;
  /** Failures in a row at which it opens while the window holds fewer than `minimumCalls`. */
  readonly consecutiveFailures: number | undefined;
  /** How long failures must have been coming. Until then they may be a blip. */
  readonly failingForMs: number;
}

/** Which rule opened a breaker. */
export type TripReason = 'failure_rate' | 'slow_call_rate' | 'consecutive_failures';

/**
 * The verdict on a window: why the breaker has to open, or `undefined` when it may stay closed.
 *
 * A rate needs enough calls to mean anything. Failures in a row replace it when there are too few calls, and only
 * then: under load the rate says more than a short unlucky run. Both also need time: any number
 * of calls can fail at once, for a reason that is gone at once.
 */
export function tripReason(health: Health, rule: TripRule): TripReason | undefined {
  const { total, failures, slow, consecutiveFailures } = health;
  const { failingForMs } = rule;
  if (total < rule.minimumCalls) {
    const enough = rule.consecutiveFailures;
    if (enough === undefined || consecutiveFailures < enough) return undefined;
    return health.runLastedMs >= failingForMs ? 'consecutive_failures' : undefined;
  }
  if (rule.failureRate !== undefined && failures / total >= rule.failureRate) {
    if (health.failuresLastedMs >= failingForMs) return 'failure_rate';
  }
  if (rule.slowCallRate !== undefined && slow / total >= rule.slowCallRate) return 'slow_call_rate';
  return undefined;
}
