import { expect, it } from 'vitest';
import { ConfigError, circuitBreaker } from '../../src/index.js';

/** `openFor: 0` made each probe time out at once, so that the breaker could never close again. */
it('B5: an open time of zero is refused', () => {
  expect(() => circuitBreaker({ openFor: 0 })).toThrow(ConfigError);
  expect(() => circuitBreaker({ openFor: 0 })).toThrow(/circuitBreaker\.openFor: .*longer than 0/);
});
