import { adaptiveLimiter, handleWhenResult } from 'holdfast';
import { expect, it } from 'vitest';
import { byHand, rig } from '../policies/support/rig.js';

/**
 * Calls that had started before a cut were known by their time. Those that had started in the same millisecond (or tick: 4 ms) were taken for
 * newer: a hundred that were answered "busy" at once cut the limit again and again, down to 1.
 */
it('L2: calls that started in the moment of the cut, but before it, say nothing of the limit since', async () => {
  const policy = adaptiveLimiter({ handle: handleWhenResult((result) => result === 'busy') });
  const { clock, pipeline } = rig(policy);
  const operation = byHand(clock);
  const calls = Array.from({ length: 100 }, () => pipeline.settle(operation));
  for (const { resolve } of operation.started) resolve('busy');
  await Promise.all(calls);
  expect(clock.now()).toBe(0);
  expect(policy.snapshot().limit).toBeGreaterThan(25);
  expect(policy.snapshot().limit).toBeLessThan(100);
});
