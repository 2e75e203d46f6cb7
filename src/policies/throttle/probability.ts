/** The calls that a throttle judges by. */
export interface Traffic {
  /** Calls that came: those let in, and those refused here. */
  readonly requests: number;
  /** Those of them that have not ended: whether the upstream accepts them is not known yet. */
  readonly inFlight: number;
  /** Those of them that the upstream accepted. */
  readonly accepts: number;
}

/** How a throttle judges. */
export interface ThrottleRule {
  /** K: how many requests are sent for each that is accepted; > 1. */
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
 * Requests in flight do not count against the upstream, which may still accept them. Taken for refused, as the formula alone has
 * it, they would condemn a healthy upstream whenever many come at once after a start or a pause, before it could answer the first.
 *
 * Refused requests are among the requests, so with a K above 1 the probability falls by itself once the upstream accepts again:
 * each accept lets through K - 1 more requests than are needed to keep it where it is.
 */
export function rejectionProbability(
  { requests, inFlight, accepts }: Traffic,
  { requestsPerAccept, minimumCalls, maxProbability }: ThrottleRule,
): number {
  if (requests < minimumCalls) return 0;
  const excess = requests - inFlight - requestsPerAccept * accepts;
  return Math.min(maxProbability, Math.max(0, excess / (requests + 1)));
}
