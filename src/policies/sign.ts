import type { Call } from '../pipeline/contract.js';
import type { Outcome } from '../pipeline/outcome.js';
import type { Handle, Handles } from './filter.js';
import { verdictsOf } from './filter.js';

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

/** The same for the call that it is the outcome of; `undefined` outside any call. */
export type SignsIn = (outcome: Outcome, call: Call | undefined) => Sign;

/** Shared by all copies of the package: a filter may come from another one. */
const SIGNS = Symbol.for('holdfast.signs');

/** Has a filter say more than yes or no to the policies that can tell the difference. */
export function withSigns<H extends Handle>(handle: H, signs: Signs): H {
  return Object.defineProperty(handle, SIGNS, { value: signs });
}

/**
 * How a policy reads outcomes: by its `handle`, else by the `isFailure` of the call's pipeline, else by `byDefault`. What is to be ignored
 * says nothing.
 */
export function signsOf(handle: Handle | undefined, byDefault: Handles): SignsIn {
  const own = (handle as { readonly [SIGNS]?: Signs } | undefined)?.[SIGNS];
  if (own !== undefined)
    return (outcome) => (outcome.kind === 'cancelled' ? 'nothing' : own(outcome));
  if (handle === undefined) {
    return (outcome, call) => {
      const said = call?.isFailure(outcome);
      if (said === 'ignore') return 'nothing';
      if (said !== undefined) return said ? 'failure' : 'success';
      return byDefault(outcome) ? 'failure' : signOfUnhandled(outcome, false);
    };
  }
  const verdicts = verdictsOf(handle);
  return (outcome) => {
    const said = verdicts(outcome);
    if (said === 'ignore') return 'nothing';
    return said ? 'failure' : signOfUnhandled(outcome, true);
  };
}

/** What an outcome says that is no failure. */
function signOfUnhandled({ kind }: Outcome, byFilter: boolean): Sign {
  if (kind === 'cancelled' || kind === 'rejected') return 'nothing';
  // What is no failure by default, though it is one, is a fault in the set-up.
  return kind === 'failure' && !byFilter ? 'nothing' : 'success';
}
