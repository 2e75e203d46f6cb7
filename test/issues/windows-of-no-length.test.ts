import { ConfigError, circuitBreaker } from 'holdfast';
import { expect, it } from 'vitest';

/** A tenth of it is 0, and a bucket of no length was a RangeError from the inside. */
it('a time too short to be one is told so by a ConfigError', () => {
  expect(() => circuitBreaker({ window: Number.MIN_VALUE })).toThrow(ConfigError);
  expect(() => circuitBreaker({ openFor: Number.MIN_VALUE })).toThrow(
    'circuitBreaker.openFor: must be a duration longer than 0 (got 5e-324)',
  );
});
