/**
 * Statuses that say the server, or something on the way to it, could not serve the request this
 * time: 408, 429, 500, 502, 503, 504. Other answers, errors included, are answers. 501 and 505 will
 * not change, 425 asks for another connection.
 */
export const FAILURE_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Whether a response with this status counts as a failure by default. */
export function isFailureStatus(status: number): boolean {
  return FAILURE_STATUSES.has(status);
}

/** Whether a response with this status says that there is too much to do, there or behind it: 429, 503, 504. */
export function saysOverload(status: number): boolean {
  return asksToWait(status) || status === 504;
}

/** Statuses with which a server says that the client has to come back later. */
export function asksToWait(status: number): boolean {
  return status === 429 || status === 503;
}
