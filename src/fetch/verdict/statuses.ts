/** Server errors that another attempt will not change: not implemented, and HTTP version not supported. */
const FINAL_SERVER_ERRORS: ReadonlySet<number> = new Set([501, 505]);

/**
 * Statuses which say that the server, or something on the way to it, could not serve the request this
 * time: 408, 425, 429, and 500 to 599 except 501 and 505. Gateways use many of these that have no name. All other statuses, errors
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

/** A proxy asks for credentials. It is no answer of the server, and a second attempt would get the same. */
export const PROXY_WANTS_CREDENTIALS = 407;

/** The server is there, and has served this client too often. */
export const TOO_MANY_REQUESTS = 429;

/** Whether this status says that the server, or something behind it, has too much to do: 429, 503, 529, and gateways' timeouts. */
export function saysOverload(status: number): boolean {
  return asksToWait(status) || status === 504 || status === 524 || status === 598;
}

/** Statuses by which a server asks the client to come back later. */
export function asksToWait(status: number): boolean {
  return status === TOO_MANY_REQUESTS || status === 503 || status === 529;
}
