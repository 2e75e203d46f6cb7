import { expect, it } from 'vitest';
import { ConfigError, circuitBreaker } from '../../src/index.js';
import { harness } from '../policies/circuit-breaker/support.js';

const snapshot = (calls: number) => ({
  state: 'closed' as const,
  at: Date.UTC(2024, 0, 1),
  openings: 0,
  consecutiveFailures: 0,
  window: { calls, failures: 0, slow: 0 },
});

/** Restoring recorded the calls of a snapshot one by one: a hostile number of them hung the process. */
it('B10: restoring takes no time for each call', () => {
  const { breaker } = harness({ initialState: snapshot(1e9) });
  expect(breaker.snapshot().window.calls).toBe(1e9);
});

it('B10: a number of calls that no window can hold is refused', () => {
  expect(() => circuitBreaker({ initialState: snapshot(2 ** 53 - 1) })).toThrow(ConfigError);
});
