import type { Outcome } from '../pipeline/outcome/outcome.js';
import { refusePromise } from '../pipeline/outcome/refuse-promise.js';

/** Reads the delay that an outcome asks for, in milliseconds; `undefined` when it asks for none. */
export type DelayFrom = (outcome: Outcome) => number | undefined;

/** The delay that a failure asks for: the `retryAfter` of its error, in milliseconds, if that is a number. */
export function retryAfterOf(outcome: Outcome): number | undefined {
  return outcome.kind === 'success' ? undefined : delay(read(outcome.error));
}

/**
 * The delay that an outcome asks for: what a `delayFrom` option reads, or the error's `retryAfter` without that option.
 *
 * @throws what `delayFrom` throws; a ContractError when it returns a promise.
 */
export function askedBy(delayFrom: DelayFrom | undefined, outcome: Outcome): number | undefined {
  if (delayFrom === undefined) return retryAfterOf(outcome);
  const answer: unknown = delayFrom(outcome);
  refusePromise(
    answer,
    'delayFrom returned a promise: it cannot be asynchronous, it must return a number of milliseconds or undefined',
  );
  return delay(answer);
}

/** The error may come from anywhere. If it cannot be read, it asks for nothing, and what the reading throws must not replace it. */
function read(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined;
  try {
    return (error as { readonly retryAfter?: unknown }).retryAfter;
  } catch {
    return undefined;
  }
}

function delay(asked: unknown): number | undefined {
  return typeof asked === 'number' && asked >= 0 ? asked : undefined;
}
