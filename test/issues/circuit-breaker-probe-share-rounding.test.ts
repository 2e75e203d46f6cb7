import { expect, it } from 'vitest';
import { harness } from '../policies/circuit-breaker/support.js';

/** 100 x 0.07 is a little more than 7 in floating point, so 8 of 100 probes had to succeed. */
it('B6: 7 of 100 probes are a share of 0.07', async () => {
  const { breaker, succeed, untilHalfOpen } = harness({ probes: 100, probeSuccessRate: 0.07 });
  await untilHalfOpen();
  await succeed(7);
  expect(breaker.state).toBe('closed');
});
