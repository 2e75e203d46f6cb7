import type { Hint } from '../../config/foreign-names.js';
import { nearest } from '../../config/nearest.js';

/** What means a policy, though its letters are close to those of an option: `registry`, `name`. */
const LIKE_AN_OPTION = /^(?:retry|rate)$/i;

/** How options and policies stand beside each other. */
export const POLICIES_AFTER_OPTIONS =
  "policies come after the options, as in pipeline({ name: 'x' }, timeout('5s'), retry())";

/** The hint for what is no option of a pipeline, nor like one: most of it is a policy, or an option of one. */
export const policyAsOption: Hint = (name, known) =>
  known.includes('errorTypeOf') && (LIKE_AN_OPTION.test(name) || nearest(name, known) === undefined)
    ? `; the options are ${known.join(', ')}; ${POLICIES_AFTER_OPTIONS}`
    : undefined;
