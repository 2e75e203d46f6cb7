/** Server errors that another attempt will not change: not implemented, and a version of HTTP that is not supported. */
const FINAL_SERVER_ERRORS: ReadonlySet<number> = new Set([501, 505]);

/**
 * Statuses that say the server, or something on the way to it, could not serve the request this
 * time: 408, 425, 429, and 500 to 599 but 501 and 505, as gateways answer many that have no name. Other answers, errors
 * included, are answers.
 */
export const FAILURE_STATUSES: ReadonlySet<number> = new Set([
  408,
  425,
  429,
  ...Array.from({ length: 100 }, (_, i) => 500 + i).filter(
    (each) => !FINAL_SERVER_ERRORS.has(each),
  ),
]);

/** Whether a response with this status counts as a failure by default. */
export function isFailureStatus(status: number): boolean {
  return FAILURE_STATUSES.has(status);
}

/** With this a proxy asks for credentials: no answer of the server's, and no second attempt brings another. */
export const PROXY_WANTS_CREDENTIALS = 407;

/** A server that says so is there, and has served this client too often. */
export const TOO_MANY_REQUESTS = 429;

/** Whether a response with this status says that there is too much to do, there or behind it: 429, 503, 529, and gateways' timeouts. */
export function saysOverload(status: number): boolean {
  return asksToWait(status) || status === 504 || status === 524 || status === 598;
}

/** Statuses with which a server says that the client has to come back later. */
export function asksToWait(status: number): boolean {
  return status === TOO_MANY_REQUESTS || status === 503 || status === 529;
}
