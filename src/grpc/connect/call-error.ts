import { isRejectedError, isTimeoutError } from '../../error-kinds.js';
import { GrpcError } from '../grpc-error.js';
import { statusOfRefusal } from '../refusal-status.js';
import { GrpcStatus } from '../status.js';
import { connectError, isConnectError } from './connect-error.js';

/** The part of the caller's signal that tells whether it has given up. */
interface Caller {
  readonly aborted: boolean;
  readonly reason: unknown;
}

/**
 * The error that the caller of connect-es gets for the one that a call ended with. An error of an attempt is the transport's own. A refusal, a timeout and a
 * cancellation become a ConnectError with its code, whose `cause` is what happened. connect-es would make `unknown` of the first, and `canceled` of the
 * second, without its cause. What a function of the user threw stays as it is.
 */
export function callerError(ended: unknown, caller: Caller): unknown {
  const error = ended instanceof GrpcError ? ended.cause : ended;
  if (caller.aborted && error === caller.reason) return cancellation(error);
  if (!isRejectedError(error) && !isTimeoutError(error)) return error;
  const { code, details } = statusOfRefusal(error);
  return connectError(code, details, error);
}

/** The caller gave up for this reason. The transport's own reason for a deadline is a ConnectError already. */
export function cancellation(reason: unknown): unknown {
  if (isConnectError(reason)) return reason;
  const text = reason instanceof Error ? reason.message : 'the caller cancelled the call';
  return connectError(GrpcStatus.CANCELLED, text, reason);
}
