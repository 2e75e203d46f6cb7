import type * as z from '../config/zod.js';
import { isResilienceError } from '../error-kinds.js';
import { ContractError } from '../errors.js';
import type { Call } from '../pipeline/contract/policy.js';
import type { CockatielFilter } from '../pipeline/outcome/cockatiel-filter.js';
import { isLikeFilter } from '../pipeline/outcome/cockatiel-filter.js';
import type { FailureRule } from '../pipeline/outcome/failure-rule.js';
import { isFailureSchema, isSetUpFault, knownOf } from '../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../pipeline/outcome/outcome.js';
import { refusePromise } from '../pipeline/outcome/refuse-promise.js';
import { isA } from '../pipeline/outcome/safe-instanceof.js';
import type { Verdict } from '../pipeline/outcome/verdict.js';
import { verdictIn } from '../pipeline/outcome/verdict.js';
import { isOwnFault } from './own-fault.js';

/**
 * Which outcomes a policy acts on: a cockatiel filter, or a function of the outcome. It must decide at once. It is asked
 * about every outcome, successes too, except `cancelled`: a policy never handles the caller's abort. `'ignore'` means no. For policies that
 * count, it also means that the outcome counts neither way.
 *
 * The function may name the type of the results it expects, as in `(outcome: Outcome<Response>) => ...`. Nothing checks
 * that the pipeline's operations return that type.
 */
// The type of a method, whose parameters are compared in both directions.
export type Handle = CockatielFilter | { handle(outcome: Outcome): Verdict }['handle'];

/** The schema of a `handle` option. */
export const handleSchema: () => z.Schema<Handle, Handle> = isFailureSchema;

/** Whether a filter handles an outcome. */
export type Handles = (outcome: Outcome) => boolean;

/** What a filter says about an outcome. */
export type Verdicts = (outcome: Outcome) => Verdict;

/** Makes the test of a `handle` option; `byDefault` judges when there is none. */
export function handlesOf(handle: Handle | undefined, byDefault: Handles): Handles {
  if (handle === undefined) return byDefault;
  const verdicts = verdictsOf(handle);
  return (outcome) => verdicts(outcome) === true;
}

/** What a `handle` option says about outcomes. */
export function verdictsOf(handle: Handle): Verdicts {
  if (typeof handle === 'function') {
    return (outcome) => outcome.kind !== 'cancelled' && verdict(handle(outcome));
  }
  const { options } = handle;
  // Read once, and called as a method: a user's filter may need its `this`.
  const { errorFilter, resultFilter } = options;
  return (outcome) => {
    if (outcome.kind === 'success') return verdict(resultFilter.call(options, outcome.value));
    return outcome.kind !== 'cancelled' && verdict(errorFilter.call(options, outcome.error));
  };
}

/** What a filter's answer means: truthy or falsy, as in any condition. A promise or another filter is refused, as it would be a yes to everything. */
function verdict(answer: unknown): Verdict {
  if (typeof answer === 'boolean' || answer === 'ignore') return answer;
  refusePromise(
    answer,
    'handle returned a promise: a filter cannot be asynchronous, it must return true or false',
  );
  if (isLikeFilter(answer)) {
    throw new ContractError(
      'handle returned a filter, and not true or false: pass the filter itself, such as handle: handleType(SomeError)',
    );
  }
  return Boolean(answer);
}

/** The upstream failed: the operation threw, or did not answer in time. A fault in the client's own set-up is no failure of the upstream. */
export function isUpstreamFailure(outcome: Outcome): boolean {
  if (outcome.kind === 'timeout') return true;
  if (outcome.kind !== 'failure') return false;
  return !isSetUpFault(outcome);
}

/** Whether an answer, or the call itself, breaks a contract. Another attempt would bring the same. */
export function breaksContract(outcome: Outcome): boolean {
  // Ask for the brand first, because `instanceof` costs more, and almost all errors are not ours.
  return (
    outcome.kind === 'failure' &&
    isResilienceError(outcome.error) &&
    isA(outcome.error, ContractError)
  );
}

/** Whether an outcome is a failure of the upstream, by the `isFailure` of the call's pipeline or by default. */
export function isFailureIn(call: Call, outcome: Outcome): boolean {
  const said = call.isFailure(outcome);
  return said === undefined ? isUpstreamFailure(outcome) : said === true;
}

/** A `handle` that follows a rule, and the default where the rule leaves an outcome open. */
export function handleBy(rule: FailureRule): Handle {
  return (outcome: Outcome) => {
    if (isOwnFault(outcome)) return 'ignore';
    return verdictIn(knownOf(outcome, rule)) ?? isUpstreamFailure(outcome);
  };
}
