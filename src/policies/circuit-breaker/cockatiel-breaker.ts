import type { IBreaker } from 'cockatiel';
import { messageOf } from '../../config/describe.js';
import * as z from '../../config/zod.js';
import { ConfigError } from '../../errors.js';

/** A user's breaker, or a function that makes one. */
type BreakerOption = IBreaker | (() => IBreaker);

function isBreaker(value: unknown): value is IBreaker {
  const { success, failure } = Object(value) as Partial<IBreaker>;
  return typeof success === 'function' && typeof failure === 'function';
}

/** The schema of a `breaker` option. */
export const breakerSchema = (): z.Schema<BreakerOption, BreakerOption> =>
  z.custom<BreakerOption>(
    (value) => typeof value === 'function' || isBreaker(value),
    'must be a breaker of cockatiel (with success() and failure()), or a function that makes one',
  );

/**
 * The cockatiel breaker that judges, if any. If the option is a function, it makes a new one.
 *
 * @throws ConfigError when that function returns something else, or throws.
 */
export function breakerOf(option: BreakerOption | undefined): IBreaker | undefined {
  if (typeof option !== 'function') return option;
  const path = 'circuitBreaker.breaker';
  const remedy = `${path}: must return a breaker of cockatiel, with success() and failure()`;
  let breaker: unknown;
  try {
    breaker = option();
    if (isBreaker(breaker)) return breaker;
  } catch (cause) {
    // This also happens when a class was given in place of an instance or of a function that makes one.
    const message = `${remedy}; it threw: ${messageOf(cause)}`;
    throw new ConfigError(message, { path, value: option, policy: 'circuitBreaker', cause });
  }
  throw new ConfigError(remedy, { path, value: breaker, policy: 'circuitBreaker' });
}
