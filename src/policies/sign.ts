import type { Call } from '../pipeline/contract/policy.js';
import type { Sign } from '../pipeline/outcome/failure-rule.js';
import { signsIn } from '../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../pipeline/outcome/outcome.js';
import type { Handle, Handles } from './filter.js';
import { verdictsOf } from './filter.js';
import { isOwnDelay } from './own-delay.js';

/** Reads the sign in the outcome of a call. The call is `undefined` outside any call. */
export type SignsIn = (outcome: Outcome, call: Call | undefined) => Sign;

/**
 * How a policy reads outcomes: by its `handle`, else by the `isFailure` of the call's pipeline, else by `byDefault`. An ignored outcome
 * says nothing, and so does a timeout of a process that was busy itself.
 */
export function signsOf(handle: Handle | undefined, byDefault: Handles): SignsIn {
  const signs = ownSignsOf(handle, byDefault);
  return (outcome, call) => (isOwnDelay(outcome) ? 'nothing' : signs(outcome, call));
}

function ownSignsOf(handle: Handle | undefined, byDefault: Handles): SignsIn {
  const own = signsIn(handle);
  if (own !== undefined)
    return (outcome) => (outcome.kind === 'cancelled' ? 'nothing' : own(outcome));
  if (handle === undefined) {
    return (outcome, call) => {
      const known = call?.known(outcome);
      if (known === 'busy') return known;
      if (known === 'ignore' || known === 'fault') return 'nothing';
      if (known !== undefined) return known ? 'failure' : 'success';
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

/** The sign of an outcome that is no failure. */
function signOfUnhandled({ kind }: Outcome, byFilter: boolean): Sign {
  if (kind === 'cancelled' || kind === 'rejected') return 'nothing';
  // A failure that does not count as one by default is a fault in the set-up.
  return kind === 'failure' && !byFilter ? 'nothing' : 'success';
}
