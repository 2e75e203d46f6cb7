import * as z from 'zod/mini';
import { ContractError } from '../errors.js';
import { refusePromise } from '../pipeline/at-once.js';
import type { CockatielFilter } from '../pipeline/cockatiel-filter.js';
import { isFilter, isLikeFilter } from '../pipeline/cockatiel-filter.js';
import type { Call } from '../pipeline/contract.js';
import type { FailureRule, Verdict } from '../pipeline/failure-rule.js';
import { isSetUpFault, knownOf, verdictIn } from '../pipeline/failure-rule.js';
import type { Outcome } from '../pipeline/outcome.js';
import { isOwnFault } from './own-fault.js';

/**
 * Which outcomes a policy acts on: a cockatiel filter, or a function of the outcome. It must decide at once, and is asked
 * about every outcome, successes too, except `cancelled`: the caller's abort is never handled. `'ignore'` is a no, and to policies that
 * count it says more: the outcome counts neither way.
 *
 * The function may name the type of the results it expects, as in `(outcome: Outcome<Response>) => ...`. Nothing checks
 * that the pipeline's operations return it.
 */
// The type of a method, whose parameters are compared in both directions.
export type Handle = CockatielFilter | { handle(outcome: Outcome): Verdict }['handle'];

/** The schema of a `handle` option. */
export const handleSchema = (): z.ZodMiniType<Handle, Handle> =>
  z.custom<Handle>(isFilter, {
    error:
      'must be a function of the outcome, or a filter of cockatiel such as handleType(SomeError)',
  });

/** Whether a filter handles an outcome. */
export type Handles = (outcome: Outcome) => boolean;

/** What a filter says of an outcome. */
export type Verdicts = (outcome: Outcome) => Verdict;

/** Makes the test of a `handle` option; `byDefault` judges when there is none. */
export function handlesOf(handle: Handle | undefined, byDefault: Handles): Handles {
  if (handle === undefined) return byDefault;
  const verdicts = verdictsOf(handle);
  return (outcome) => verdicts(outcome) === true;
}

/** What a `handle` option says of outcomes. */
export function verdictsOf(handle: Handle): Verdicts {
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
function verdict(answer: unknown): Verdict {
  if (typeof answer === 'boolean' || answer === 'ignore') return answer;
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

/** The upstream failed: the operation threw, or did not answer in time. A fault in the client's own set-up is none. */
export function isUpstreamFailure(outcome: Outcome): boolean {
  if (outcome.kind === 'timeout') return true;
  if (outcome.kind !== 'failure') return false;
  return !isSetUpFault(outcome);
}

/** Whether an outcome is a failure of the upstream, as the pipeline of the call says (`isFailure`), or by default. */
export function isFailureIn(call: Call, outcome: Outcome): boolean {
  const said = call.isFailure(outcome);
  return said === undefined ? isUpstreamFailure(outcome) : said === true;
}

/** A `handle` that goes by a rule, and by default of what that leaves open. */
export function handleBy(rule: FailureRule): Handle {
  return (outcome: Outcome) => {
    if (isOwnFault(outcome)) return 'ignore';
    return verdictIn(knownOf(outcome, rule)) ?? isUpstreamFailure(outcome);
  };
}
