import type { RequestLike } from '../types.js';

interface Cancellable {
  readonly locked?: boolean;
  cancel(): PromiseLike<unknown>;
}

/**
 * Whether a Request carries a body. Where the implementation does not show it (`body` is `undefined`),
 * any method that may have one is taken to.
 */
export function hasBody(request: RequestLike): boolean {
  if (request.body !== undefined) return request.body !== null;
  return request.method !== 'GET' && request.method !== 'HEAD';
}

/**
 * Refuses a Request whose body has been read or sent already, before anything is sent.
 *
 * @throws TypeError, as fetch does.
 */
export function assertUsable(request: RequestLike): void {
  if (request.bodyUsed !== true) return;
  throw new TypeError(
    `Cannot send the Request to ${request.url}: its body has already been read or sent. Clone it before its first use.`,
  );
}

/**
 * The Request for one attempt: a clone, because sending one uses its body up; the Request itself when it has none, or
 * when there will be no further attempt.
 *
 * The clone of a streamed body holds what was sent in memory until {@link releaseRequest}.
 *
 * @param last whether this is certainly the last attempt.
 * @throws TypeError when the body was used meanwhile, by somebody else.
 */
export function requestForAttempt<R extends RequestLike>(request: R, last: boolean): R {
  if (!hasBody(request)) return request;
  assertUsable(request);
  return last ? request : (request.clone() as R);
}

/**
 * The call is over: lets go of the body held back for a further attempt. The Request then counts as used, as it
 * does after fetch.
 */
export function releaseRequest(request: RequestLike): void {
  const body = request.body as Partial<Cancellable> | null | undefined;
  if (body === null || body === undefined || request.bodyUsed === true) return;
  if (typeof body.cancel !== 'function' || body.locked === true) return;
  // The promise may stay pending for as long as the attempt's own branch is read.
  Promise.resolve(body.cancel()).catch(ignore);
}

function ignore(): void {}
