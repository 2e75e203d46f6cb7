import type { Sign } from '../pipeline/outcome/failure-rule.js';
import type { Reach } from './repeat-rule.js';
import type { GrpcStatusName } from './status.js';
import { GrpcStatus, statusName } from './status.js';

/**
 * What a status says about the upstream, for policies that count. Most statuses are answers: the server works, and the request was wrong for
 * it. OK and UNIMPLEMENTED among them, as 501 is for HTTP. RESOURCE_EXHAUSTED is a server that is alive and has too much to do, as 429 is. CANCELLED says
 * nothing: somebody between here and there gave up.
 */
const SIGNS: Readonly<Record<GrpcStatusName, Sign>> = {
  OK: 'success',
  CANCELLED: 'nothing',
  UNKNOWN: 'failure',
  INVALID_ARGUMENT: 'success',
  DEADLINE_EXCEEDED: 'failure',
  NOT_FOUND: 'success',
  ALREADY_EXISTS: 'success',
  PERMISSION_DENIED: 'success',
  RESOURCE_EXHAUSTED: 'busy',
  FAILED_PRECONDITION: 'success',
  ABORTED: 'success',
  OUT_OF_RANGE: 'success',
  UNIMPLEMENTED: 'success',
  INTERNAL: 'failure',
  UNAVAILABLE: 'failure',
  DATA_LOSS: 'failure',
  UNAUTHENTICATED: 'success',
};

/** @param tooLarge whether it is about the size of a message, which is no fault of the upstream. */
export function signOfStatus(code: number, tooLarge: boolean): Sign {
  return tooLarge ? 'nothing' : SIGNS[statusName(code)];
}

/**
 * Whether a status is a sign that the upstream has too much to do. UNAVAILABLE is one if a server said it, as 503 is. If nobody was there to say
 * it, the upstream is down, and fewer calls at once would not help.
 */
export function isOverloadStatus(code: number, reach: Reach, tooLarge: boolean): boolean {
  if (tooLarge || reach === 'unsent') return false;
  if (code === GrpcStatus.UNAVAILABLE) return reach === 'answered';
  return code === GrpcStatus.RESOURCE_EXHAUSTED || code === GrpcStatus.DEADLINE_EXCEEDED;
}
