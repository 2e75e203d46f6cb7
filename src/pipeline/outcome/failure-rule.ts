import { describe } from '../../config/describe.js';
import * as z from '../../config/zod.js';
import { isResilienceError } from '../../error-kinds.js';
import { ConfigError, ContractError } from '../../errors.js';
import type { CockatielFilter } from './cockatiel-filter.js';
import { isFilter, isLikeFilter } from './cockatiel-filter.js';
import type { Failure, Outcome } from './outcome.js';
import { refusePromise } from './refuse-promise.js';
import { isA } from './safe-instanceof.js';
import type { Known, Verdict } from './verdict.js';
import { Judged } from './verdict.js';

/**
 * Says which outcomes are failures: a function of the outcome, or a filter of cockatiel. It is asked about results and about errors of the
 * operation, and must answer synchronously. Errors that a filter does not name are ignored, as a closed breaker of cockatiel does.
 *
 * The function may name the type of the results it expects, as in `(outcome: Outcome<Response>) => ...`. Nothing checks that the
 * operations return it.
 */
// Typed as a method, because TypeScript compares parameters of methods in both directions.
export type IsFailure = CockatielFilter | { isFailure(outcome: Outcome): Verdict }['isFailure'];

/** The schema of an `isFailure` option. */
export const isFailureSchema = (): z.Schema<IsFailure, IsFailure> =>
  z.custom<IsFailure>(
    isFilter,
    'must be a function of the outcome, or a filter of cockatiel such as handleType(SomeError)',
  );

/** An `isFailure` as the engine asks it. `undefined` leaves the outcome to the defaults. */
export type FailureRule = (outcome: Outcome) => Known;

/**
 * Says of a result that by all rules of a pipeline it is certainly a success. Then nobody is asked about it. `false` says nothing: the rules
 * decide.
 */
export type SureSuccess = (result: unknown) => boolean;

/**
 * What an outcome says about the upstream.
 *
 * - `success`: it works
 * - `failure`: it fails
 * - `busy`: it is alive and refused the call: a failure, but no sign of a dead upstream
 * - `nothing`: the call did not get that far, or went wrong for a reason of its own
 */
export type Sign = 'success' | 'failure' | 'busy' | 'nothing';

/** Reads the sign in an outcome. */
export type Signs = (outcome: Outcome) => Sign;

/** Shared by all copies of the package: a filter may come from another one. */
const SIGNS = Symbol.for('holdfast.signs');

/** Adds signs to a filter, for policies that distinguish more than yes and no. */
export function withSigns<H extends object>(filter: H, signs: Signs): H {
  return Object.defineProperty(filter, SIGNS, { value: signs });
}

/** The signs of a filter, if it has any. */
export function signsIn(filter: object | undefined): Signs | undefined {
  return (filter as { readonly [SIGNS]?: Signs } | undefined)?.[SIGNS];
}

const rules = new WeakMap<IsFailure, FailureRule>();

/** The rule that an `isFailure` option makes: always the same one, so that pipelines which share it ask it once. */
export function failureRuleOf(isFailure: IsFailure): FailureRule {
  let rule = rules.get(isFailure);
  if (rule === undefined) {
    rule = makeRule(isFailure);
    rules.set(isFailure, rule);
  }
  return rule;
}

function makeRule(isFailure: IsFailure): FailureRule {
  if (typeof isFailure === 'function') {
    const signs = signsIn(isFailure);
    if (signs !== undefined) return (outcome) => knownBy(signs(outcome), outcome);
    return (outcome) => verdict(isFailure(outcome));
  }
  const { options } = isFailure;
  // Read once and called as methods: a filter of one's own may need its `this`.
  const { errorFilter, resultFilter } = options;
  return (outcome) => {
    if (outcome.kind === 'success') return verdict(resultFilter.call(options, outcome.value));
    return verdict(errorFilter.call(options, outcome.error)) === true ? true : 'ignore';
  };
}

function knownBy(sign: Sign, { kind }: Outcome): Known {
  if (sign === 'busy') return sign;
  if (sign === 'nothing') return kind === 'success' ? 'ignore' : 'fault';
  return sign === 'failure';
}

/** @throws ContractError for any other answer: nobody would see the mistake if it counted as yes or no. */
function verdict(answer: unknown): Verdict {
  if (typeof answer === 'boolean' || answer === 'ignore') return answer;
  const must = "it must return true, false or 'ignore'";
  refusePromise(answer, `isFailure returned a promise: it cannot be asynchronous, ${must}`);
  if (isLikeFilter(answer)) {
    throw new ContractError(
      'isFailure returned a filter: give the filter itself, such as isFailure: handleType(SomeError)',
    );
  }
  throw new ContractError(`isFailure returned ${describe(answer)}: ${must}`);
}

/** Whether the error is a mistake in the client's own set-up. It says nothing about the upstream, so no rule is asked about it. */
export function isSetUpFault({ error }: Failure): boolean {
  if (!isResilienceError(error)) return false;
  // A contract that the upstream broke.
  if ((error as { side?: unknown }).side === 'response') return false;
  return isA(error, ConfigError) || isA(error, ContractError);
}

/** What a rule says about an outcome. It is asked about results and about errors of the operation, once each. */
export function knownOf(outcome: Outcome, rule: FailureRule): Known {
  const { kind } = outcome;
  if (kind !== 'success' && kind !== 'failure') return undefined;
  const kept = outcome instanceof Judged ? outcome : undefined;
  if (kept?.rule === rule) return kept.said;
  const known = kind === 'failure' && isSetUpFault(outcome) ? 'fault' : rule(outcome);
  if (kept !== undefined) {
    kept.said = known;
    kept.rule = rule;
  }
  return known;
}
