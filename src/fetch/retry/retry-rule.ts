import type { Outcome } from '../../pipeline/outcome/outcome.js';
import { success } from '../../pipeline/outcome/outcome.js';
import type { Handle, Handles } from '../../policies/filter.js';
import { handlesOf } from '../../policies/filter.js';
import { retryAfterOf as ownRetryAfter } from '../../policies/retry-after.js';
import type { Clock } from '../../time/clock.js';
import type { HeadersSource } from '../types.js';
import { answerIn, resultOf, statusOf } from '../verdict/answer.js';
import type { Notes } from '../verdict/result-notes.js';
import { notesOn } from '../verdict/result-notes.js';
import { isFailureStatus, PROXY_WANTS_CREDENTIALS } from '../verdict/statuses.js';
import { isFetchFailure } from '../verdict/verdict.js';
import { retryAfterOf, saysRetry } from './retry-after.js';

interface HasHeaders {
  readonly headers: HeadersSource;
}

/**
 * Whether another attempt is worth it. It is after a failure, unless the server says `x-should-retry: false`, and after any other error
 * status with `x-should-retry: true`.
 */
function isWorthRetry(outcome: Outcome): boolean {
  const { kind } = outcome;
  if (kind !== 'success' && kind !== 'failure') return isFetchFailure(outcome);
  const result = resultOf(outcome);
  const said = notesOn(result)?.failed;
  if (said !== undefined) return said;
  const answer = kind === 'success' ? result : answerIn(result);
  const status = statusOf(answer) ?? 0;
  if (status >= 400 && status !== PROXY_WANTS_CREDENTIALS) {
    const asked = saysRetry((answer as HasHeaders).headers);
    if (asked !== undefined) return asked;
  }
  return kind === 'success' ? isFailureStatus(status) : isFetchFailure(outcome);
}

/** Whether to send the request again after this Response, if it may be repeated and its policies allow it. */
export function isToRepeat(response: unknown): boolean {
  return notesOn(response)?.again === true || isWorthRetry(success(response));
}

/** Whether to send a request again after an outcome, if it may be repeated. */
export function retryHandle(given: Handle | undefined): Handles {
  const handles = handlesOf(given, isWorthRetry);
  return (outcome) => {
    const notes = notesOn(resultOf(outcome));
    return (notes?.again === true || handles(outcome)) && notes?.final !== true;
  };
}

/** Reads the delay that an outcome asks for: from a Response's headers, or from the error's `retryAfter`. */
export function delayReader(clock: Clock): (outcome: Outcome) => number | undefined {
  return (outcome) => {
    const notes = notesOn(resultOf(outcome));
    const asked = askedDelay(outcome, notes, clock);
    // Nothing has to recover, so there is nothing to wait for.
    const atOnce = asked === undefined && notes?.again === true && !isFetchFailure(outcome);
    return atOnce ? 0 : asked;
  };
}

function askedDelay(outcome: Outcome, notes: Notes | undefined, clock: Clock): number | undefined {
  const noted = notes?.retryAfter;
  if (noted !== undefined) return noted ?? undefined;
  const answer = outcome.kind === 'success' ? outcome.value : answerIn(outcome.error);
  const own = ownRetryAfter(outcome);
  const status = statusOf(answer);
  if (own !== undefined || status === undefined) return own;
  return retryAfterOf((answer as HasHeaders).headers, clock.wallNow(), notes?.status ?? status);
}
