import { describe } from '../config/describe.js';
import { ConfigError } from '../errors.js';
import { reportFault } from '../pipeline/reporting/faults.js';

/** Where chance comes from, as `Math.random`: 0 <= number < 1. */
export type Random = () => number;

/**
 * The source of chance of a policy. One that throws or returns nonsense is reported, and `Math.random` stands in: chance
 * only spreads delays and picks calls, and must neither take the place of a call's own error nor keep a breaker from opening.
 */
export function randomOf(given: Random | undefined, policy: string): Random {
  if (given === undefined) return Math.random;
  const path = `${policy}.random`;
  return () => {
    try {
      const chance = given();
      if (typeof chance === 'number' && chance >= 0 && chance < 1) return chance;
      const text = `${path}: must return a number from 0 to below 1 (returned ${describe(chance)})`;
      throw new ConfigError(text, { path, value: chance, policy });
    } catch (error) {
      reportFault(path, error);
      return Math.random();
    }
  };
}
