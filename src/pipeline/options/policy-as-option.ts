import type { Hint } from '../../config/foreign-names.js';
import { nearest } from '../../config/nearest.js';

/** The hint for what is no option of a pipeline, nor like one: most of it is a policy, or an option of one. */
export const policyAsOption: Hint = (name, known) =>
  known.includes('errorTypeOf') && nearest(name, known) === undefined
    ? `; the options are ${known.join(', ')}; policies come after the options, as in pipeline({ name: 'x' }, timeout('5s'), retry())`
    : undefined;
