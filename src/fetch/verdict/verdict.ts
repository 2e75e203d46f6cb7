import type { FailureRule, Sign } from '../../pipeline/outcome/failure-rule.js';
import { withSigns } from '../../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { Verdict } from '../../pipeline/outcome/verdict.js';
import { OTHER_ERROR } from '../../pipeline/reporting/error-type.js';
import type { Handle } from '../../policies/filter.js';
import { verdictsOf } from '../../policies/filter.js';
import { isOwnFault } from '../../policies/own-fault.js';
import { entryOfError } from '../errors/classify-error.js';
import {
  CALLERS_DOING,
  CERTIFICATE,
  type Entry,
  PROXY_CREDENTIALS,
} from '../errors/error-table.js';
import { answerIn, resultOf, statusOf } from './answer.js';
import { notesOn } from './result-notes.js';
import {
  isFailureStatus,
  PROXY_WANTS_CREDENTIALS,
  saysOverload,
  TOO_MANY_REQUESTS,
} from './statuses.js';

/** Whether a Response counts as a failure, by its call's notes or by its status. */
export function isFailedAnswer(response: unknown): boolean {
  const noted = notesOn(response)?.failed;
  if (noted !== undefined) return noted;
  const status = statusOf(response);
  return status !== undefined && isFailureStatus(status);
}

/** Errors that say nothing about the upstream, and that a second attempt would not change. */
const NO_FAULT_OF_THE_UPSTREAM: ReadonlySet<Entry | undefined> = new Set([
  undefined,
  CALLERS_DOING,
  CERTIFICATE,
  PROXY_CREDENTIALS,
  'abort',
]);

/**
 * Whether a call over HTTP failed for a reason that may be gone the next time: a network error, no answer
 * in time, or status 408, 425, 429, or 500 to 599 except 501 and 505. It is `false` for the caller's abort, for a rejection by a policy, and for
 * what a second attempt would not change: a mistake in the call itself, such as an invalid URL, a certificate that is not accepted, or a
 * proxy that wants credentials. Use it as `handle` of policies outside a {@link resilientFetch}. Policies inside use it by default.
 */
export function isFetchFailure(outcome: Outcome): boolean {
  const { kind } = outcome;
  if (kind === 'success') return isFailedAnswer(outcome.value);
  const said = notesOn(outcome.error)?.failed;
  if (said !== undefined) return said;
  if (kind !== 'failure') return kind === 'timeout';
  const { error } = outcome;
  const entry = entryOfError(error);
  if (entry !== 'status' && entry !== undefined) return !NO_FAULT_OF_THE_UPSTREAM.has(entry);
  // Each client that makes errors from statuses has its own class for them, not always with a code.
  const status = statusOf(answerIn(error));
  return status === undefined ? entry === 'status' : isFailureStatus(status);
}

/**
 * Whether a result is a Response that all of these rules certainly take for a success: its status is below 400, and nothing that its call
 * noted on it says otherwise.
 */
export function isSureAnswer(response: unknown): boolean {
  let status: number | undefined;
  try {
    status = statusOf(response);
  } catch {
    // The rules meet the same, where it ends the call.
    return false;
  }
  if (status === undefined || !(status < 400)) return false;
  const notes = notesOn(response);
  if (notes === undefined) return true;
  const { failed, classified, again, status: meant } = notes;
  return !again && (failed ?? classified ?? meant) === undefined;
}

/**
 * What an outcome says about the upstream, for policies that count. A 429 shows that the upstream is there. An error without an answer
 * that is no failure says nothing, and neither does a proxy that wants credentials. An answer of another upstream after a redirect does not
 * speak against this one.
 */
export function signOf(outcome: Outcome, failed = isFetchFailure(outcome)): Sign {
  if (isOwnFault(outcome) || isIgnored(outcome)) return 'nothing';
  const { kind } = outcome;
  if (kind !== 'success' && kind !== 'failure') {
    if (failed) return 'failure';
    return kind === 'timeout' ? 'success' : 'nothing';
  }
  const result = resultOf(outcome);
  if (failed && notesOn(result)?.elsewhere === true) return 'success';
  const status =
    notesOn(result)?.status ?? statusOf(kind === 'success' ? result : answerIn(result));
  if (failed) return status === TOO_MANY_REQUESTS ? 'busy' : 'failure';
  const answered = status !== undefined && status !== PROXY_WANTS_CREDENTIALS;
  return answered || (kind === 'success' && status === undefined) ? 'success' : 'nothing';
}

withSigns(isFetchFailure, signOf);

/** How a policy that counts reads outcomes: by its own `handle`, if it has one. */
export function countingHandle(given: Handle | undefined): Handle {
  if (given === undefined) return isFetchFailure;
  const verdicts = verdictsOf(given);
  const handle = (outcome: Outcome): Verdict => verdicts(outcome);
  return withSigns(handle, (outcome) => {
    const said = verdicts(outcome);
    return said === 'ignore' ? 'nothing' : signOf(outcome, said);
  });
}

/** What `classify` said about an outcome: the rule of a client whose policies bring none along. */
export function classified(outcome: Outcome): Verdict | undefined {
  return notesOn(resultOf(outcome))?.classified;
}

function isIgnored(outcome: Outcome): boolean {
  return classified(outcome) === 'ignore';
}

const composed = new WeakMap<FailureRule, FailureRule>();

/** The same rule, with the policies' own rule for outcomes that `classify` leaves open. */
export function ruleBeside(own: FailureRule): FailureRule {
  let rule = composed.get(own);
  if (rule === undefined) {
    rule = (outcome) => classified(outcome) ?? own(outcome);
    composed.set(own, rule);
  }
  return rule;
}

/**
 * Whether a call over HTTP is a sign that the upstream has too much to do: no answer in time, also by a client's own timeout, or
 * status 429, 503, 529, or a gateway's timeout (504, 524, 598).
 */
export function isFetchOverload(outcome: Outcome): boolean {
  const { kind } = outcome;
  if (isOwnFault(outcome)) return false;
  if (kind === 'timeout') return true;
  // A call that a policy inside refused never got there, whatever the error looks like.
  if (kind !== 'success' && kind !== 'failure') return false;
  const result = resultOf(outcome);
  const noted = notesOn(result);
  if (noted?.elsewhere === true) return false;
  if (kind === 'failure' && (noted?.ownTimeout === true || entryOfError(result) === 'timeout')) {
    return true;
  }
  const status = noted?.status ?? statusOf(kind === 'success' ? result : answerIn(result));
  return status !== undefined && saysOverload(status);
}

/** The `error.type` of a failed response: its status, by HTTP's conventions. */
export function failedStatus(response: unknown): string | undefined {
  if (!isFailedAnswer(response)) return undefined;
  const status = statusOf(response);
  // `classify` may call a response a failure although its status is fine.
  return status !== undefined && status >= 400 ? String(status) : OTHER_ERROR;
}
