import type { Sign } from '../pipeline/outcome/failure-rule.js';
import { withSigns } from '../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../pipeline/outcome/outcome.js';
import type { Verdict } from '../pipeline/outcome/verdict.js';
import type { Handle, Handles } from '../policies/filter.js';
import { handlesOf, verdictsOf } from '../policies/filter.js';
import { retryAfterOf } from '../policies/retry-after.js';
import { notesOnCall } from './call-notes.js';
import { statusIn } from './grpc-error.js';
import { isOverloadStatus, signOfStatus } from './meaning.js';
import { isMessageTooLarge } from './message-size.js';
import { GrpcStatus } from './status.js';

/** What an outcome says about the upstream. A failure that has no status says nothing. */
function signOf(outcome: Outcome): Sign {
  const { kind } = outcome;
  if (kind === 'success') return 'success';
  if (kind === 'timeout') return 'failure';
  if (kind !== 'failure') return 'nothing';
  const status = statusIn(outcome.error);
  if (status === undefined) return 'nothing';
  const { code, details } = status;
  const reach = notesOnCall(outcome.error)?.reach;
  if (reach === 'unsent') return 'nothing';
  // The caller's own cancellation never gets here: the stream was reset, as servers do that are going away.
  const isReset = code === GrpcStatus.CANCELLED && reach !== undefined && reach !== 'answered';
  return isReset ? 'failure' : signOfStatus(code, isMessageTooLarge(code, details));
}

/**
 * Whether a call over gRPC or Connect failed because of its upstream: no answer in time, or one of the statuses UNAVAILABLE, DEADLINE_EXCEEDED,
 * RESOURCE_EXHAUSTED, INTERNAL, UNKNOWN and DATA_LOSS. All others are answers. It is `false` for the caller's cancellation, for a refusal by a policy,
 * and for a message that is too large. Use it as `handle` or `isFailure` of policies outside an interceptor. Those inside use it by default.
 */
export function isGrpcFailure(outcome: Outcome): boolean {
  const sign = signOf(outcome);
  return sign === 'failure' || sign === 'busy';
}

withSigns(isGrpcFailure, signOf);

/** How a policy that counts reads outcomes: by its own `handle`, if it has one. */
export function countingHandle(given: Handle | undefined): Handle {
  if (given === undefined) return isGrpcFailure;
  const verdicts = verdictsOf(given);
  const handle = (outcome: Outcome): Verdict => verdicts(outcome);
  return withSigns(handle, (outcome): Sign => {
    const said = verdicts(outcome);
    if (said === 'ignore') return 'nothing';
    const sign = signOf(outcome);
    if (said) return sign === 'busy' ? sign : 'failure';
    return sign === 'nothing' ? sign : 'success';
  });
}

/** Whether an outcome is a sign that the upstream has too much to do. */
export function isGrpcOverload(outcome: Outcome): boolean {
  const { kind } = outcome;
  if (kind !== 'failure') return kind === 'timeout';
  const status = statusIn(outcome.error);
  if (status === undefined) return false;
  const { code, details } = status;
  const reach = notesOnCall(outcome.error)?.reach ?? 'answered';
  return isOverloadStatus(code, reach, isMessageTooLarge(code, details));
}

/** Another attempt is worth it: by the notes of the call, and without any by the code alone. */
function isWorthRetry(outcome: Outcome): boolean {
  const { kind } = outcome;
  if (kind !== 'failure' && kind !== 'timeout') return false;
  const known = notesOnCall(outcome.error);
  if (known !== undefined) return known.worth;
  return kind === 'failure' && statusIn(outcome.error)?.code === GrpcStatus.UNAVAILABLE;
}

/** Whether to send a call again after an outcome: as the policy's own `handle` says, if the call allows it. */
export function retryHandle(given: Handle | undefined): Handles {
  const handles = handlesOf(given, isWorthRetry);
  return (outcome) =>
    handles(outcome) && (outcome.kind === 'success' || notesOnCall(outcome.error)?.final !== true);
}

/** The delay that an outcome asks for: the server's pushback, or the `retryAfter` of the error. */
export function delayFrom(outcome: Outcome): number | undefined {
  if (outcome.kind === 'success') return undefined;
  const pushback = notesOnCall(outcome.error)?.pushback;
  return typeof pushback === 'number' ? pushback : retryAfterOf(outcome);
}

/** The `status` of events: the code of a status other than OK. */
export function statusOf(resultOrError: unknown): number | undefined {
  return statusIn(resultOrError)?.code;
}
