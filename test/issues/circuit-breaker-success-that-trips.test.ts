import { expect, it } from 'vitest';
import { harness } from '../policies/circuit-breaker/support.js';

/** A success that filled a count window opened the breaker as of time 0, so its open time was over at once. */
it('B5: a breaker that opens on a success stays open for its whole time', async () => {
  const { breaker, clock, fail, succeed } = harness({
    window: { calls: 4 },
    minimumCalls: 4,
    consecutiveFailures: false,
  });
  await clock.advance('1h');
  await fail(2);
  await succeed(2);
  expect(breaker.state).toBe('open');
  await clock.advance(4_999);
  expect(breaker.state).toBe('open');
  await clock.advance(1);
  expect(breaker.state).toBe('half_open');
});
