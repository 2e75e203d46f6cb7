import * as z from 'zod';
import type { Outcome } from '../pipeline/outcome.js';

/**
 * A filter of cockatiel's, as made by `handleType`, `handleWhen`, `handleWhenResult` and their kin.
 * Taken by its shape, so that every version of cockatiel (and a copy of one) will do.
 */
export interface CockatielFilter {
  readonly options: {
    readonly errorFilter: (error: unknown) => boolean;
    readonly resultFilter: (result: unknown) => boolean;
  };
}

/**
 * Which outcomes a policy acts on: a cockatiel filter, or a function of the outcome. It is asked about every outcome
 * except `cancelled`: the caller's abort is never handled.
 */
export type Handle = CockatielFilter | ((outcome: Outcome) => boolean);

/** The schema of a `handle` option. */
export const handleSchema: z.ZodType<Handle, Handle> = z.custom<Handle>(
  (value) => typeof value === 'function' || isCockatielFilter(value),
  {
    error:
      'must be a function of the outcome, or a filter of cockatiel such as handleType(SomeError)',
  },
);

function isCockatielFilter(value: unknown): value is CockatielFilter {
  if (typeof value !== 'object' || value === null) return false;
  const { options } = value as Partial<CockatielFilter>;
  return typeof options?.errorFilter === 'function' && typeof options.resultFilter === 'function';
}

/** Whether a filter handles an outcome. */
export type Handles = (outcome: Outcome) => boolean;

/** Makes the test of a `handle` option; `byDefault` judges when there is none. */
export function handlesOf(handle: Handle | undefined, byDefault: Handles): Handles {
  if (handle === undefined) return byDefault;
  if (typeof handle === 'function') {
    return (outcome) => outcome.kind !== 'cancelled' && handle(outcome);
  }
  const { errorFilter, resultFilter } = handle.options;
  return (outcome) => {
    if (outcome.kind === 'success') return resultFilter(outcome.value);
    return outcome.kind !== 'cancelled' && errorFilter(outcome.error);
  };
}

/** The upstream failed: the operation threw, or did not answer in time. */
export function isUpstreamFailure(outcome: Outcome): boolean {
  return outcome.kind === 'failure' || outcome.kind === 'timeout';
}
