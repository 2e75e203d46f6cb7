// @ts-check
/**
 * The five policies of P1, for paths that make them again in a process of their own.
 *
 * @module
 */

import { wrap } from 'cockatiel4';
import { pipeline } from 'holdfast';
import { ofCockatiel as c, ofHoldfast as h } from '../libraries.js';

/** @typedef {import('../types.d.ts').Arm} Arm */

/** @type {import('../types.d.ts').PolicyName[]} */
const policies = ['fallback', 'retry', 'breaker', 'timeout', 'bulkhead'];

/**
 * @param {Pick<Arm, 'id' | 'group'> & Partial<Arm>} rest
 * @returns {Arm}
 */
export const holdfastFive = (rest) => ({
  label: 'holdfast',
  library: 'holdfast',
  policies,
  create(operation, knobs) {
    const policy = pipeline(
      rest.id,
      h.fallback(),
      h.retry(),
      h.breaker(),
      h.timeout(knobs),
      h.bulkhead(),
    );
    return async () => await policy.execute(operation);
  },
  ...rest,
});

/**
 * @param {Pick<Arm, 'id' | 'group'> & Partial<Arm>} rest
 * @returns {Arm}
 */
export const cockatielFive = (rest) => ({
  label: 'cockatiel',
  library: 'cockatiel',
  policies,
  create(operation, knobs) {
    const policy = wrap(c.fallback(), c.retry(), c.breaker(), c.timeout(knobs), c.bulkhead());
    return async () => await policy.execute(operation);
  },
  ...rest,
});
