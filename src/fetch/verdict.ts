import { OTHER_ERROR } from '../pipeline/error-type.js';
import type { Outcome } from '../pipeline/outcome.js';
import { success } from '../pipeline/outcome.js';
import type { Handle, Handles } from '../policies/filter.js';
import { handlesOf } from '../policies/filter.js';
import { isOwnFault } from '../policies/own-fault.js';
import { retryAfterOf as ownRetryAfter } from '../policies/retry-after.js';
import type { Clock } from '../time/clock.js';
import { classifyFetchError } from './classify-error.js';
import { retryAfterOf } from './retry-after.js';
import { isFailureStatus, saysOverload } from './statuses.js';
import type { HeadersSource } from './types.js';

/**
 * What a call has found out about a Response or an error of its own that the rules for all calls would not say. Policies
 * see outcomes and not requests: this is how they learn what the request allows.
 */
interface Verdict {
  /** Whether it is a failure, where `classify` said so. */
  failed: boolean | undefined;
  /** The request must not be sent again after this. */
  final: boolean;
  /** The delay it asks for, where the call reads it in its own way; `null` for none. */
  retryAfter: number | null | undefined;
  /** The request was not processed and is to be sent again, failure or not, as `classify` said. */
  again: boolean;
}

interface HasHeaders {
  readonly headers: HeadersSource;
}

const verdicts = new WeakMap<object, Verdict>();

function verdictOn(result: unknown): Verdict | undefined {
  return typeof result === 'object' && result !== null ? verdicts.get(result) : undefined;
}

function ownVerdict(result: unknown): Verdict | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  let verdict = verdicts.get(result);
  if (verdict === undefined) {
    verdict = { failed: undefined, final: false, retryAfter: undefined, again: false };
    verdicts.set(result, verdict);
  }
  return verdict;
}

/** Notes that the request must not be sent again after this Response or error. There is no way back from it. */
export function markFinal(result: unknown): void {
  const verdict = ownVerdict(result);
  if (verdict !== undefined) verdict.final = true;
}

/** Notes what `classify` said of a Response or an error. */
export function markFailed(result: unknown, failed: boolean): void {
  const verdict = ownVerdict(result);
  if (verdict !== undefined) verdict.failed = failed;
}

/** Notes whether the request was not processed and is to be sent again. */
export function markAgain(result: unknown, again: boolean): void {
  const verdict = ownVerdict(result);
  if (verdict !== undefined) verdict.again = again;
}

/** Whether the request is to be sent again after this Response, as far as it and its policies allow. */
export function isToRepeat(response: unknown): boolean {
  return verdictOn(response)?.again === true || isFetchFailure(success(response));
}

/** Notes the delay that a Response asks for, as its call reads it; `undefined` for none. */
export function markRetryAfter(result: unknown, retryAfter: number | undefined): void {
  const verdict = ownVerdict(result);
  if (verdict !== undefined) verdict.retryAfter = retryAfter ?? null;
}

/** What an outcome is about: the Response, or the error. */
function resultOf(outcome: Outcome): unknown {
  return outcome.kind === 'success' ? outcome.value : outcome.error;
}

/**
 * The response in an error that a client made of its status: its `response`, as axios, got and ky have it, the error itself, as
 * undici has it, or fetch's cause.
 */
function answerIn(error: unknown): unknown {
  const { response, cause } = Object(error) as { response?: unknown; cause?: unknown };
  return [response, error, cause].find((each) => statusOf(each) !== undefined);
}

/** The status of a response, be it fetch's or undici's; `undefined` of anything else. */
function statusOf(value: unknown): number | undefined {
  const { status, statusCode } = Object(value) as { status?: unknown; statusCode?: unknown };
  const found = status ?? statusCode;
  return typeof found === 'number' ? found : undefined;
}

/**
 * Whether a call over HTTP failed: no answer for a reason that lies in the network, none in time, or one with status 408,
 * 429, 500, 502, 503 or 504. Not the caller's abort, a rejection by a policy, or a mistake in the call itself, such as
 * a URL that is none. For `handle` of policies that stand outside a {@link resilientFetch}; those inside judge so by default.
 */
export function isFetchFailure(outcome: Outcome): boolean {
  const said = verdictOn(resultOf(outcome))?.failed;
  if (said !== undefined) return said;
  switch (outcome.kind) {
    case 'success': {
      const status = statusOf(outcome.value);
      return status !== undefined && isFailureStatus(status);
    }
    case 'timeout':
      return true;
    case 'failure': {
      const known = classifyFetchError(outcome.error);
      if (known !== 'status') return known !== undefined && known !== 'abort';
      const status = statusOf(answerIn(outcome.error));
      return status === undefined || isFailureStatus(status);
    }
    default:
      return false;
  }
}

/**
 * Whether a call over HTTP is a sign that the upstream has too much to do: no answer in time, be it by a client's own timeout, or one
 * with status 429, 503 or 504.
 */
export function isFetchOverload(outcome: Outcome): boolean {
  const { kind } = outcome;
  if (isOwnFault(outcome)) return false;
  if (kind === 'timeout') return true;
  // A refusal by a policy inside never got there, whatever it looks like.
  if (kind !== 'success' && kind !== 'failure') return false;
  if (kind === 'failure' && classifyFetchError(outcome.error) === 'timeout') return true;
  const status = statusOf(kind === 'success' ? outcome.value : answerIn(outcome.error));
  return status !== undefined && saysOverload(status);
}

/** The `error.type` of a response that is a failure, as HTTP's conventions have it: its status. */
export function failedStatus(response: unknown): string | undefined {
  if (!isFetchFailure(success(response))) return undefined;
  const status = statusOf(response);
  // `classify` may have found a failure in a response that says all is well.
  return status !== undefined && status >= 400 ? String(status) : OTHER_ERROR;
}

/** The same judgement where a Request may be sent again after it. */
export function retryHandle(given: Handle | undefined): Handles {
  const handles = handlesOf(given, isFetchFailure);
  return (outcome) => {
    const verdict = verdictOn(resultOf(outcome));
    return (verdict?.again === true || handles(outcome)) && verdict?.final !== true;
  };
}

/** Answers the delay that an outcome asks for: what a Response's headers say, or the error's `retryAfter`. */
export function delayReader(clock: Clock): (outcome: Outcome) => number | undefined {
  return (outcome) => {
    const verdict = verdictOn(resultOf(outcome));
    const asked = askedDelay(outcome, verdict, clock);
    // Nothing has to recover: there is nothing to wait for.
    const atOnce = asked === undefined && verdict?.again === true && !isFetchFailure(outcome);
    return atOnce ? 0 : asked;
  };
}

function askedDelay(
  outcome: Outcome,
  verdict: Verdict | undefined,
  clock: Clock,
): number | undefined {
  const noted = verdict?.retryAfter;
  if (noted !== undefined) return noted ?? undefined;
  const answer = outcome.kind === 'success' ? outcome.value : answerIn(outcome.error);
  const own = ownRetryAfter(outcome);
  const status = statusOf(answer);
  if (own !== undefined || status === undefined) return own;
  return retryAfterOf((answer as HasHeaders).headers, clock.wallNow(), status);
}
