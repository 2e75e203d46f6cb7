import { describe } from '../config/describe.js';
import { ConfigError } from '../errors.js';

/** Where chance comes from, as `Math.random`: 0 <= number < 1. */
export type Random = () => number;

/** The source of chance of a policy; one that answers nonsense ends the call with a ConfigError instead of a NaN delay. */
export function randomOf(given: Random | undefined, policy: string): Random {
  if (given === undefined) return Math.random;
  return () => {
    const chance = given();
    if (typeof chance === 'number' && chance >= 0 && chance < 1) return chance;
    const path = `${policy}.random`;
    throw new ConfigError(
      `${path}: must answer a number from 0 to below 1 (answered ${describe(chance)})`,
      { path, value: chance, policy },
    );
  };
}
