import { expect, it } from 'vitest';
import { ConfigError, circuitBreaker, keyed, pipeline } from '../../src/index.js';

/** Every copy of a keyed pipeline began in the state of the one snapshot: one upstream's outage was everybody's. */
it('B10: one initial state does not serve the copies of a keyed pipeline', () => {
  const breaker = circuitBreaker();
  breaker.trip();
  const template = pipeline('calls', circuitBreaker({ initialState: breaker.snapshot() }));
  expect(() => keyed(template).get('a')).toThrow(ConfigError);
});
