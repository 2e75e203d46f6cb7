/** The calls that a throttle's decision is based on. */
export interface Traffic {
  /** Calls that came: let in, or refused here. */
  readonly requests: number;
  /** Those that have not ended. It is not known yet whether the upstream accepts them. */
  readonly inFlight: number;
  /** Those that the upstream accepted. */
  readonly accepts: number;
}

/** How a throttle decides. */
export interface ThrottleRule {
  /** K: how many requests are sent for each accepted one; > 1. */
  readonly requestsPerAccept: number;
  /** With fewer requests than this, none is refused. */
  readonly minimumCalls: number;
  /** No probability is higher: < 1. */
  readonly maxProbability: number;
}

/**
 * The probability with which the next request is refused:
 *
 *     max(0, (requests - K x accepts) / (requests + 1))
 *
 * Requests in flight do not count against the upstream, which may still accept them. The formula alone counts them as refused. That
 * would condemn a healthy upstream whenever many come at once after a start or a pause, before it can answer the first.
 *
 * Refused requests count as requests. So with a K above 1 the probability falls by itself once the upstream accepts again:
 * each accept lets through K - 1 more requests than would keep it where it is.
 */
export function rejectionProbability(
  { requests, inFlight, accepts }: Traffic,
  { requestsPerAccept, minimumCalls, maxProbability }: ThrottleRule,
): number {
  if (requests < minimumCalls) return 0;
  const excess = requests - inFlight - requestsPerAccept * accepts;
  return Math.min(maxProbability, Math.max(0, excess / (requests + 1)));
}
