import type { IBreaker } from 'cockatiel';
import * as z from 'zod/mini';
import { messageOf } from '../../config/describe.js';
import { ConfigError } from '../../errors.js';

/** An own breaker, or what makes one. */
type BreakerOption = IBreaker | (() => IBreaker);

function isBreaker(value: unknown): value is IBreaker {
  const { success, failure } = Object(value) as Partial<IBreaker>;
  return typeof success === 'function' && typeof failure === 'function';
}

/** The schema of a `breaker` option. */
export const breakerSchema = (): z.ZodMiniType<BreakerOption, BreakerOption> =>
  z.custom<BreakerOption>((value) => typeof value === 'function' || isBreaker(value), {
    error:
      'must be a breaker of cockatiel (with success() and failure()), or a function that makes one',
  });

/**
 * The breaker of cockatiel's to judge by, if any: made afresh where the option is a function.
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
    // Also a class that was given where an instance, or a function that makes one, was meant.
    const message = `${remedy}; it threw: ${messageOf(cause)}`;
    throw new ConfigError(message, { path, value: option, policy: 'circuitBreaker', cause });
  }
  throw new ConfigError(remedy, { path, value: breaker, policy: 'circuitBreaker' });
}
