import type { IBreaker } from 'cockatiel';
import { expect, it } from 'vitest';
import { circuitBreaker } from '../../src/index.js';

/** What a breaker factory answered was not looked at: the first call failed with a TypeError. */
it('B2: a factory that answers no breaker is refused when the breaker is made', () => {
  const breaker = (() => undefined) as unknown as () => IBreaker;
  expect(() => circuitBreaker({ breaker })).toThrow(
    /circuitBreaker\.breaker: must return a breaker of cockatiel/,
  );
});
