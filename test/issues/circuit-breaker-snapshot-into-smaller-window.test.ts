import { expect, it } from 'vitest';
import { harness } from '../policies/circuit-breaker/support.js';

/** A window larger than the one it was restored into lost its successes first: 5% failures became 50%, and the breaker opened. */
it('B10: a snapshot keeps its rates in a smaller window', async () => {
  const { breaker, succeed } = harness({
    window: { calls: 100 },
    initialState: {
      state: 'closed',
      at: Date.UTC(2024, 0, 1),
      openings: 0,
      consecutiveFailures: 0,
      window: { calls: 1_000, failures: 50, slow: 20 },
    },
  });
  expect(breaker.snapshot().window).toEqual({ calls: 100, failures: 5, slow: 2 });
  await succeed();
  expect(breaker.state).toBe('closed');
});
