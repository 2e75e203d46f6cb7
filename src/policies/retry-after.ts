import type { Outcome } from '../pipeline/outcome.js';

/** Reads the delay that an outcome asks for, in milliseconds; `undefined` when it asks for none. */
export type DelayFrom = (outcome: Outcome) => number | undefined;

/** The delay that a failure asks for: the `retryAfter` of its error, in milliseconds, where that is one. */
export function retryAfterOf(outcome: Outcome): number | undefined {
  if (outcome.kind === 'success') return undefined;
  const { error } = outcome;
  if (typeof error !== 'object' || error === null) return undefined;
  const { retryAfter } = error as { readonly retryAfter?: unknown };
  return typeof retryAfter === 'number' && retryAfter >= 0 ? retryAfter : undefined;
}
