import * as z from 'zod';
import { ConfigError, ContractError } from '../errors.js';
import { isA } from '../pipeline/is-a.js';
import type { Outcome } from '../pipeline/outcome.js';
import { refusePromise } from './at-once.js';

/**
 * A filter of cockatiel's, as made by `handleType`, `handleWhen`, `handleWhenResult` and their kin.
 * Taken by its shape, so that every version of cockatiel (and a copy of one) will do.
 */
export interface CockatielFilter {
  readonly options: {
    // Methods, because a filter of cockatiel 3 says that it takes an Error only.
    errorFilter(error: unknown): boolean;
    resultFilter(result: unknown): boolean;
  };
}

/**
 * Which outcomes a policy acts on: a cockatiel filter, or a function of the outcome. It must decide at once, and is asked
 * about every outcome, successes too, except `cancelled`: the caller's abort is never handled.
 *
 * The function may name the type of the results it expects, as in `(outcome: Outcome<Response>) => ...`. Nothing checks
 * that the pipeline's operations return it.
 */
// The type of a method, whose parameters are compared in both directions.
export type Handle = CockatielFilter | { handle(outcome: Outcome): boolean }['handle'];

/** The schema of a `handle` option. */
export const handleSchema: z.ZodType<Handle, Handle> = z.custom<Handle>(
  (value) => (typeof value === 'function' ? !isErrorClass(value) : isCockatielFilter(value)),
  {
    error:
      'must be a function of the outcome, or a filter of cockatiel such as handleType(SomeError)',
  },
);

/** As a function, `Error` answers an object whatever it is asked: everything would be handled, successes too. */
function isErrorClass(value: { readonly prototype?: unknown }): boolean {
  return value === Error || value.prototype instanceof Error;
}

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
    return (outcome) => outcome.kind !== 'cancelled' && verdict(handle(outcome));
  }
  const { options } = handle;
  // Read once and called as methods: a filter of one's own may need its `this`.
  const { errorFilter, resultFilter } = options;
  return (outcome) => {
    if (outcome.kind === 'success') return verdict(resultFilter.call(options, outcome.value));
    return outcome.kind !== 'cancelled' && verdict(errorFilter.call(options, outcome.error));
  };
}

/** What a filter meant: as in any condition, but for a promise or another filter, which would be a yes to everything. */
function verdict(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  refusePromise(
    answer,
    'handle returned a promise: a filter cannot be asynchronous, it must return true or false',
  );
  if (isLikeFilter(answer)) {
    throw new ContractError(
      'handle returned a filter, and not true or false: give the filter itself, such as handle: handleType(SomeError)',
    );
  }
  return Boolean(answer);
}

/** Also one made of nonsense, such as handleWhen(outcome). */
function isLikeFilter(answer: unknown): boolean {
  const { options } = Object(answer) as { readonly options?: unknown };
  return 'errorFilter' in Object(options);
}

/** The upstream failed: the operation threw, or did not answer in time. A fault in the client's own set-up is none. */
export function isUpstreamFailure(outcome: Outcome): boolean {
  if (outcome.kind === 'timeout') return true;
  if (outcome.kind !== 'failure') return false;
  const { error } = outcome;
  return !(isA(error, ConfigError) || isA(error, ContractError));
}
