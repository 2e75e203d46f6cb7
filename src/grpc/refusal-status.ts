import { messageOf } from '../config/describe.js';
import { isRejectedError, isResilienceError, isTimeoutError } from '../error-kinds.js';
import { statusIn } from './grpc-error.js';
import { GrpcStatus } from './status.js';

/** The refusals of policies that guard against too much at once. */
const TOO_MUCH: ReadonlySet<string> = new Set([
  'ERR_BULKHEAD_FULL',
  'ERR_RATE_LIMITED',
  'ERR_LIMIT_EXCEEDED',
  'ERR_THROTTLED',
]);

/** A status without metadata. */
export interface PlainStatus {
  readonly code: number;
  readonly details: string;
}

/**
 * The status for an error that no server gave: a refusal by a policy, a timeout, or what a function of the user threw. A refusal because of too many calls
 * is RESOURCE_EXHAUSTED, any other (an open breaker, a drain) UNAVAILABLE. A timeout, and a deadline that is too near, are DEADLINE_EXCEEDED, and a stream that stalls UNAVAILABLE:
 * the caller has time left, and can open it again.
 */
export function statusOfRefusal(error: unknown): PlainStatus {
  const details = isResilienceError(error) ? error.message : `holdfast: ${messageOf(error)}`;
  if (isRejectedError(error)) {
    // The call's deadline is too near for an attempt.
    if (error.reason === 'deadline') return { code: GrpcStatus.DEADLINE_EXCEEDED, details };
    const isTooMuch = TOO_MUCH.has(error.code);
    return {
      code: isTooMuch ? GrpcStatus.RESOURCE_EXHAUSTED : GrpcStatus.UNAVAILABLE,
      details,
    };
  }
  if (isTimeoutError(error)) {
    const isIdle = error.policy === 'idle_timeout';
    return { code: isIdle ? GrpcStatus.UNAVAILABLE : GrpcStatus.DEADLINE_EXCEEDED, details };
  }
  // A status that a policy puts in place of the server's: chaos, or a user's own.
  return statusIn(error) ?? { code: GrpcStatus.INTERNAL, details };
}
