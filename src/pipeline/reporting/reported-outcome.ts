/** The names of outcomes in telemetry and events. Hooks that throw here do not end the call. */

import type { Told, ToldOutcome } from '../contract/events.js';
import type { ErrorTypeOf, StatusOf } from '../options/hooks.js';
import type { FailureRule } from '../outcome/failure-rule.js';
import { knownOf } from '../outcome/failure-rule.js';
import type { Outcome, OutcomeKind } from '../outcome/outcome.js';
import type { Verdict } from '../outcome/verdict.js';
import { isTimeoutReason } from './caller-timeout.js';
import { FAILED_RESULT, FailedResult } from './error-type.js';
import { reportFault } from './faults.js';

/** The hooks of a pipeline that name outcomes. */
interface Reporting {
  readonly failureRule: FailureRule | undefined;
  readonly errorTypeOf: ErrorTypeOf | undefined;
  readonly statusOf: StatusOf | undefined;
}

/** The name of an outcome. A result can be a failure here, and an error can be a success. */
export function toldAs(host: Reporting, outcome: Outcome): ToldOutcome {
  const { kind } = outcome;
  if (kind === 'success' || kind === 'failure') {
    const said = verdictOf(host, outcome);
    if (said === 'ignore') return 'ignored';
    if (said !== undefined) return said ? 'failure' : 'success';
    return kind === 'success' && errorWordOf(host, outcome.value) !== undefined ? 'failure' : kind;
  }
  return kind === 'cancelled' ? cancelledAs(outcome.error) : kind;
}

/** The name of an abort with this reason: it may be the caller's own timeout. */
export function cancelledAs(reason: unknown): 'timeout' | 'cancelled' {
  return isTimeoutReason(reason) ? 'timeout' : 'cancelled';
}

/** What an event says about an outcome. */
export function toldOf(host: Reporting, outcome: Outcome): Told {
  const { kind } = outcome;
  const value = kind === 'success' ? outcome.value : undefined;
  const error = kind === 'success' ? undefined : outcome.error;
  const status = statusOf(host, kind, kind === 'success' ? value : error);
  return { outcome: toldAs(host, outcome), status, value, error };
}

function verdictOf(host: Reporting, outcome: Outcome): Verdict | undefined {
  const { failureRule } = host;
  if (failureRule === undefined) return undefined;
  try {
    const known = knownOf(outcome, failureRule);
    // Mistakes in the set-up count as failures here, so that somebody sees them.
    return known === 'fault' || known === 'busy' ? true : known;
  } catch (error) {
    reportFault('isFailure', error);
    return undefined;
  }
}

/** Stands in for the error of a result that is a failure. */
export function failedResultOf(host: Reporting, result: unknown): FailedResult {
  const status = statusOf(host, 'success', result) ?? 0;
  const word = errorWordOf(host, result) ?? (status >= 400 ? String(status) : FAILED_RESULT);
  return new FailedResult(word);
}

function errorWordOf({ errorTypeOf }: Reporting, result: unknown): string | undefined {
  if (errorTypeOf === undefined) return undefined;
  try {
    const word: unknown = errorTypeOf(result);
    return typeof word === 'string' ? word : undefined;
  } catch (error) {
    reportFault('errorTypeOf', error);
    return undefined;
  }
}

/** `statusOf` is not asked about our own rejections and timeouts: their cause happened to other calls. */
export function statusOf(host: Reporting, kind: OutcomeKind, result: unknown): number | undefined {
  const { statusOf } = host;
  if (statusOf === undefined || (kind !== 'success' && kind !== 'failure')) return undefined;
  try {
    const status: unknown = statusOf(result);
    return typeof status === 'number' ? status : undefined;
  } catch (error) {
    reportFault('statusOf', error);
    return undefined;
  }
}
