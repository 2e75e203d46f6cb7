import * as z from 'zod/mini';
import { describe } from '../config/describe.js';
import { ConfigError, ContractError } from '../errors.js';
import { refusePromise } from './at-once.js';
import type { CockatielFilter } from './cockatiel-filter.js';
import { isFilter, isLikeFilter } from './cockatiel-filter.js';
import { isA } from './is-a.js';
import type { Failure, Outcome } from './outcome.js';

/**
 * What an outcome is: `true` for a failure of the upstream, `false` for a success, `'ignore'` for what says nothing of the upstream, so that
 * nobody counts it either way.
 */
export type Verdict = boolean | 'ignore';

/**
 * Says which outcomes are failures: a filter of cockatiel, or a function of the outcome. It must decide at once, and is asked about results
 * and about errors of the operation. Of errors, those that a filter does not name are ignored, as by a closed breaker of cockatiel's.
 *
 * The function may name the type of the results it expects, as in `(outcome: Outcome<Response>) => ...`. Nothing checks that the
 * operations return it.
 */
// The type of a method, whose parameters are compared in both directions.
export type IsFailure = CockatielFilter | { isFailure(outcome: Outcome): Verdict }['isFailure'];

/** The schema of an `isFailure` option. */
export const isFailureSchema = (): z.ZodMiniType<IsFailure, IsFailure> =>
  z.custom<IsFailure>(isFilter, {
    error:
      'must be a function of the outcome, or a filter of cockatiel such as handleType(SomeError)',
  });

/**
 * What the engine knows of an outcome: besides a verdict, `busy` for a failure that is no sign of a dead upstream, and `fault` for an error that
 * is a failure of the call, but says nothing of the upstream. `undefined` leaves it to the defaults.
 */
export type Known = Verdict | 'busy' | 'fault' | undefined;

/** An `isFailure` as the engine asks it. */
export type FailureRule = (outcome: Outcome) => Known;

/**
 * What an outcome says of the upstream.
 *
 * - `success`: it works
 * - `failure`: it fails
 * - `busy`: it refused the call, and is there: a failure that is no sign of a dead upstream
 * - `nothing`: the call never got as far, or went wrong for a reason of its own
 */
export type Sign = 'success' | 'failure' | 'busy' | 'nothing';

/** Reads the sign in an outcome. */
export type Signs = (outcome: Outcome) => Sign;

/** Shared by all copies of the package: a filter may come from another one. */
const SIGNS = Symbol.for('holdfast.signs');

/** Has a filter say more than yes or no to those that can tell the difference. */
export function withSigns<H extends object>(filter: H, signs: Signs): H {
  return Object.defineProperty(filter, SIGNS, { value: signs });
}

/** What more a filter says, if it does. */
export function signsIn(filter: object | undefined): Signs | undefined {
  return (filter as { readonly [SIGNS]?: Signs } | undefined)?.[SIGNS];
}

/** Rules that leave some outcomes to others. */
const partial = new WeakSet<FailureRule>();

/** Marks a rule as one that may answer `undefined`. */
export function partialRule(rule: FailureRule): FailureRule {
  partial.add(rule);
  return rule;
}

/** Whether a rule may answer `undefined`. */
export function isPartial(rule: FailureRule): boolean {
  return partial.has(rule);
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
    if (isPartial(isFailure)) return isFailure;
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

/** @throws ContractError for any other answer: taken for a yes or a no, it would be a mistake nobody sees. */
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

/** A fault in the client's own set-up. It says nothing of the upstream, and nobody is asked about it. */
export function isSetUpFault({ error }: Failure): boolean {
  return isA(error, ConfigError) || isA(error, ContractError);
}

/** An outcome that keeps what a rule said of it: a rule is asked once about each outcome. */
export abstract class Judged {
  /** The rule that was asked. */
  rule: FailureRule | undefined = undefined;
  said: Known = undefined;

  /** Takes over what is known of the same outcome elsewhere. */
  keepFrom(outcome: unknown): void {
    const judged = outcome instanceof Judged ? outcome : undefined;
    this.rule = judged?.rule;
    this.said = judged?.said;
  }
}

/** The verdict in what is known, for policies: `fault` says nothing of the upstream. */
export function verdictIn(known: Known): Verdict | undefined {
  if (known === 'busy') return true;
  return known === 'fault' ? 'ignore' : known;
}

/** What a rule says of an outcome. It is asked of results, and of errors of the operation. */
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
