import { describe } from '../config/describe.js';
import { ConfigError } from '../errors.js';
import { reportFault } from '../pipeline/reporting/faults.js';

/** A source of random numbers like `Math.random`: 0 <= number < 1. */
export type Random = () => number;

/**
 * A policy's source of random numbers. If it throws or returns nonsense, that is reported, and `Math.random` replaces it. Chance
 * only spreads delays and picks calls. It must neither replace a call's own error nor keep a breaker from opening.
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
