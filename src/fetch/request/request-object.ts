import type { RequestLike } from '../types.js';

interface Cancellable {
  readonly locked?: boolean;
  cancel(): PromiseLike<unknown>;
}

/**
 * Whether a Request has a body. If the implementation does not show it (`body` is `undefined`),
 * every method that may have a body counts as having one.
 */
export function hasBody(request: RequestLike): boolean {
  if (request.body !== undefined) return request.body !== null;
  return request.method !== 'GET' && request.method !== 'HEAD';
}

/**
 * Refuses a Request whose body has already been read or sent, before anything is sent.
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
 * The Request for one attempt: a clone, because sending uses the body up. The Request itself when it has no body, or
 * when no further attempt will come.
 *
 * The clone of a streamed body keeps what was sent in memory until {@link releaseRequest}.
 *
 * @param last whether this is certainly the last attempt.
 * @throws TypeError when somebody else has used the body meanwhile.
 */
export function requestForAttempt<R extends RequestLike>(request: R, last: boolean): R {
  if (!hasBody(request)) return request;
  assertUsable(request);
  return last ? request : (request.clone() as R);
}

/**
 * The call is over: releases the body that was kept for a further attempt. Then the Request counts as used, as it
 * does after fetch.
 */
export function releaseRequest(request: RequestLike): void {
  const body = request.body as Partial<Cancellable> | null | undefined;
  if (body === null || body === undefined || request.bodyUsed === true) return;
  if (typeof body.cancel !== 'function' || body.locked === true) return;
  // The promise may stay pending as long as the attempt's own branch is read.
  Promise.resolve(body.cancel()).catch(ignore);
}

function ignore(): void {}
