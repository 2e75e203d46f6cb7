import { expect, it } from 'vitest';
import { ConfigError, circuitBreaker } from '../../src/index.js';

/** A count window takes a byte a call: one too large for memory failed at the first call, with a RangeError. */
it('B2: a count window that no memory holds is refused when the breaker is made', () => {
  expect(() => circuitBreaker({ window: { calls: 2 ** 40 } })).toThrow(ConfigError);
  expect(() => circuitBreaker({ window: { calls: 1_000_001 } })).toThrow(
    /circuitBreaker\.window\.calls: must be a whole number from 1 to 1,000,000 \(got 1000001\)/,
  );
  expect(() => circuitBreaker({ window: { calls: 1_000_000 } })).not.toThrow();
});
