import { type Clock, pipeline, rateLimiter } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

/** What a host's timers add to their whole milliseconds at most, with an idle event loop. */
const LATE_MS = 0.9;

/** A clock as exact as the system's, with timers as coarse: they fire after whole milliseconds, and late. */
function coarse(clock: VirtualClock): Clock {
  return {
    now: () => clock.now(),
    wallNow: () => clock.wallNow(),
    setTimer: (callback, delayMs) => clock.setTimer(callback, Math.ceil(delayMs) + LATE_MS),
    clearTimer: (handle) => clock.clearTimer(handle),
  };
}

/** When calls started in a second in which there were always some that waited. */
async function startsOf(limit: number, burst: number): Promise<number[]> {
  const clock = new VirtualClock();
  const limiter = rateLimiter({ limit, burst, maxWait: '1h' });
  const calls = pipeline({ name: 'calls', clock: coarse(clock) }, limiter);
  const starts: number[] = [];
  const caller = new AbortController();
  const { signal } = caller;
  const all = Array.from({ length: 2 * limit }, () =>
    calls.settle(() => starts.push(clock.now()), { signal }),
  );
  await clock.advance('1s');
  caller.abort();
  await Promise.all(all);
  return starts;
}

describe('a rate limiter on timers of whole milliseconds', () => {
  it.each([100, 300, 450, 900, 2_000])(
    'L1: serves its whole limit of %i/s where the burst has room for what comes in two milliseconds',
    async (limit) => {
      const burst = 1 + Math.ceil(limit * 0.002);
      const starts = await startsOf(limit, burst);
      expect(starts.length).toBeGreaterThanOrEqual(limit * 0.99);
      expect(starts.length).toBeLessThanOrEqual(limit + burst);
    },
  );

  it.each([
    [300, 1],
    [450, 1],
    [450, 2],
    [900, 2],
    [2_000, 5],
  ])(
    'L1: with a limit of %i/s and a burst of %i makes nothing up for a late timer',
    async (limit, burst) => {
      const starts = await startsOf(limit, burst);
      let beyond = 0;
      for (const [from, first] of starts.entries()) {
        for (let to = from; to < Math.min(starts.length, from + 50); to++) {
          const most = burst + (((starts[to] as number) - first + 1e-6) * limit) / 1_000;
          beyond = Math.max(beyond, to - from + 1 - most);
        }
      }
      expect(beyond).toBeLessThan(1e-9);
    },
  );

  it('L1: with a burst of 1 a late timer costs what it is late', async () => {
    // A permit each 2.22 ms; a timer takes 3.9.
    expect((await startsOf(450, 1)).length).toBe(1 + Math.floor(1_000 / (3 + LATE_MS)));
  });
});
