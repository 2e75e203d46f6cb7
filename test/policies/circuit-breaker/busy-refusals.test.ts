import { type CircuitOpenError, circuitBreaker } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { TICK_MS } from '../../../src/time/tick.js';
import { TimeSource } from '../../../src/time/time-source.js';

const OPEN_FOR = 10_000;
const about = { label: 'calls', captureStack: false };

/** An open breaker whose calls are so frequent that its clock ticks. */
function busyBreaker() {
  const clock = new VirtualClock();
  const time = new TimeSource(clock, () => true);
  const breaker = circuitBreaker({ openFor: OPEN_FOR, maxOpenFor: OPEN_FOR, openForSpread: 0 });
  breaker.bind(time);
  breaker.trip();
  for (let i = 0; i < 100; i++) time.recent();
  expect(time.ticking).toBe(true);
  const half = breaker.straight({ layer: 0, time, take: () => true, outside: [] });
  const retryAfter = (): number | undefined =>
    (half?.refuse?.(about) as CircuitOpenError | undefined)?.retryAfter;
  return { clock, retryAfter, breaker };
}

describe('B5: the time left, while calls are frequent', () => {
  it('B5: is at most a tick and a millisecond too long, and never too short', async () => {
    const { clock, retryAfter } = busyBreaker();
    const late: number[] = [];
    for (let at = 0; at < 40; at += 0.5) {
      const exact = OPEN_FOR - clock.now();
      late.push((retryAfter() as number) - exact);
      await clock.advance(0.5);
    }
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...late)).toBeLessThanOrEqual(TICK_MS + 1);
    expect(Math.max(...late)).toBeGreaterThan(1);
  });

  it('B5: is never longer than the open time', async () => {
    const { clock, retryAfter, breaker } = busyBreaker();
    await clock.advance(TICK_MS - 1);
    breaker.reset();
    breaker.trip();
    expect(retryAfter()).toBe(OPEN_FOR);
  });

  it('B5: is exact, and told by the full engine, in the last 50 ms', async () => {
    const { clock, retryAfter } = busyBreaker();
    await clock.advance(OPEN_FOR - 60);
    expect(retryAfter()).toBeGreaterThan(50);
    await clock.advance(20);
    expect(retryAfter()).toBeUndefined();
  });
});
