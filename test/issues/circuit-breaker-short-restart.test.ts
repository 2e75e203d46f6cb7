import { pipeline, standard } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

/** Refuses connections for 300 ms, and then answers. */
async function lostAfter(perSecond: number, healthyFirst: number): Promise<number> {
  const clock = new VirtualClock();
  const calls = pipeline({ name: 'calls', clock }, ...standard({ bulkhead: false }));
  const until = healthyFirst + 300;
  const later: Promise<PromiseSettledResult<unknown>>[] = [];
  for (let i = 0; i < perSecond * (5 + healthyFirst / 1_000); i++) {
    const now = clock.now();
    const call = calls.settle(async () => {
      const at = clock.now();
      if (at >= healthyFirst && at < until) throw new Error('ECONNREFUSED');
      return 'ok';
    });
    if (now >= until) later.push(call);
    await clock.advance(1_000 / perSecond);
  }
  await clock.advance('1m');
  const results = await Promise.all(later);
  return results.filter(({ status }) => status === 'rejected').length;
}

/** A restart that takes no longer than a retry cost most of the calls of the seconds after it. */
describe('B2: an upstream that refuses connections for 300 ms', () => {
  it.each([
    [2, 0],
    [15, 0],
    [60, 0],
    [500, 0],
    [2, 30_000],
    [15, 30_000],
    [60, 30_000],
  ])('costs none of the later calls, at %i a second, healthy for %i ms before', async (...how) => {
    expect(await lostAfter(...how)).toBe(0);
  });
});
