import { systemClock } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DeadlineBatch } from '../../src/time/deadline-batch.js';
import { TimeSource, timeSourceOf } from '../../src/time/time-source.js';

/** Makes a source tick, as while calls are frequent. */
function busy(source: TimeSource): TimeSource {
  for (let i = 0; i < 20; i++) source.read();
  expect(source.ticking).toBe(true);
  return source;
}

/** A clock may show the same time twice, and two calls then have the same deadline. The second one was -1. */
describe('deadlines that are asked for while calls are frequent', () => {
  afterEach(() => void vi.useRealTimers());

  it('T2: are known at once, also those of the same moment', () => {
    const clock = new VirtualClock();
    const queue = busy(new TimeSource(clock, () => true)).deadlines(1_000);
    for (let i = 0; i < 3; i++) {
      const deadline = queue.add({ onDeadline() {} }, i, 0);
      expect(queue.timeOf(deadline)).toBe(clock.now() + 1_000);
      expect(queue.roughTimeOf(deadline)).toBe(clock.now() + 1_000);
    }
  });

  it('T2: are known when the queue was made under fake timers that are gone', () => {
    const source = timeSourceOf(systemClock);
    vi.useFakeTimers();
    const queue = source.deadlines(1_000);
    vi.useRealTimers();
    busy(source);
    const entry = { waitsIn: undefined as DeadlineBatch | undefined, waitsAt: 0, expire() {} };
    queue.put(entry);
    expect(queue.roughTimeOf(entry)).toBeGreaterThan(systemClock.now() + 900);
    entry.waitsIn?.remove(entry);
  });
});
