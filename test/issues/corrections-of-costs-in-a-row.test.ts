import { callCost, rateLimiter } from 'holdfast';
import { expect, it } from 'vitest';
import { rig } from '../policies/support/rig.js';

/**
 * Two calls that had cost nothing gave back two tokens. With the first of them back, there had been no room for all of the second: a part of what had
 * come meanwhile would have found the bucket full.
 */
it('L5: what comes back is as if none of the calls that are corrected had taken it', async () => {
  const limiter = rateLimiter({ limit: 1, per: 5, burst: 2 });
  const { clock, pipeline } = rig(limiter);
  const [first, second, late] = [callCost(1), callCost(1), callCost(0)];
  await pipeline.execute(() => 1, { cost: first });
  await pipeline.execute(() => 1, { cost: second });
  await clock.advance(1);
  // If both had taken nothing, the bucket would be full here, and the 0.2 tokens that have come would be lost.
  await pipeline.execute(() => 1, { cost: late });
  late.correct(6);
  await clock.advance(1);
  first.correct(0);
  second.correct(0);
  // It owes four then, and two are there 30 ms later, not 29.
  await clock.advance(28);
  expect((await pipeline.settle(() => 1, { cost: 2 })).status).toBe('rejected');
  await clock.advance(1);
  expect(await pipeline.execute(() => 'now', { cost: 2 })).toBe('now');
});
