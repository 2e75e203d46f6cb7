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
  it('B5: is exact between two ticks', async () => {
    const { clock, retryAfter } = busyBreaker();
    for (let at = 0; at < 40; at += 0.5) {
      expect(retryAfter()).toBe(OPEN_FOR - clock.now());
      await clock.advance(0.5);
    }
  });

  it('B5: is exact to its end', async () => {
    const { clock, retryAfter } = busyBreaker();
    await clock.advance(OPEN_FOR - 1);
    expect(retryAfter()).toBe(1);
    await clock.advance(1);
    expect(retryAfter()).toBeUndefined();
  });

  it('B5: is the whole open time when the breaker opens between two ticks', async () => {
    const { clock, retryAfter, breaker } = busyBreaker();
    await clock.advance(TICK_MS - 1);
    breaker.reset();
    breaker.trip();
    expect(retryAfter()).toBe(OPEN_FOR);
  });
});
