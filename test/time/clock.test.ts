import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/time/clock.js';

const DAY = 86_400_000;
const LONGEST = 2 ** 31 - 1;

describe('systemClock', () => {
  it('G13: now() is the monotonic clock, wallNow() the wall clock', () => {
    const before = performance.now();
    const now = systemClock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(performance.now()).toBeGreaterThanOrEqual(now);
    expect(Math.abs(systemClock.wallNow() - Date.now())).toBeLessThan(1_000);
  });

  it('fires real timers, and keeps the process alive for them', async () => {
    const handle = systemClock.setTimer(() => {}, 60_000) as NodeJS.Timeout;
    expect(handle.hasRef()).toBe(true);
    systemClock.clearTimer(handle);
    await new Promise<void>((resolve) => systemClock.setTimer(resolve, 1));
  });

  it('needs no object of its own for an ordinary delay', () => {
    const ordinary = systemClock.setTimer(() => {}, LONGEST);
    const host = setTimeout(() => {}, 1);
    expect((ordinary as object).constructor).toBe(host.constructor);
    clearTimeout(host);
    systemClock.clearTimer(ordinary);
  });
});

describe('systemClock under fake timers that were installed after it was loaded', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells fake time', () => {
    const start = systemClock.now();
    vi.advanceTimersByTime(1_234);
    expect(systemClock.now() - start).toBe(1_234);
    expect(systemClock.wallNow()).toBe(1_001_234);
  });

  it('sets and clears fake timers', () => {
    const kept = vi.fn();
    const cleared = vi.fn();
    systemClock.setTimer(kept, 100);
    systemClock.clearTimer(systemClock.setTimer(cleared, 100));
    vi.advanceTimersByTime(99);
    expect(kept).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(kept).toHaveBeenCalledTimes(1);
    expect(cleared).not.toHaveBeenCalled();
  });

  it('is not early by the fraction of a millisecond that hosts cut off', () => {
    const fired = vi.fn();
    systemClock.setTimer(fired, 10.2);
    vi.advanceTimersByTime(10);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledTimes(1);
  });

  it.each([LONGEST, LONGEST + 0.5, LONGEST + 1, 2 ** 32, 100 * DAY])(
    'G7: a delay of %s ms fires at the right time, once, and never at once',
    (delay) => {
      const fired = vi.fn();
      systemClock.setTimer(fired, delay);
      vi.advanceTimersByTime(Math.ceil(delay) - 1);
      expect(fired).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(fired).toHaveBeenCalledTimes(1);
      vi.advanceTimersByTime(200 * DAY);
      expect(fired).toHaveBeenCalledTimes(1);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it.each([0, 1, 24, 25, 60, 99])('G7: a delay of 100 days can be cleared after %s', (days) => {
    const fired = vi.fn();
    const handle = systemClock.setTimer(fired, 100 * DAY);
    vi.advanceTimersByTime(days * DAY);
    systemClock.clearTimer(handle);
    expect(vi.getTimerCount()).toBe(0);
    systemClock.clearTimer(handle);
    vi.advanceTimersByTime(200 * DAY);
    expect(fired).not.toHaveBeenCalled();
  });

  it('G7: an endless delay never fires', () => {
    const fired = vi.fn();
    const handle = systemClock.setTimer(fired, Number.POSITIVE_INFINITY);
    vi.advanceTimersByTime(1_000 * DAY);
    expect(fired).not.toHaveBeenCalled();
    systemClock.clearTimer(handle);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('clearing what has fired, from within too, or was never set, does nothing', () => {
    const handles: unknown[] = [];
    for (const delay of [5, 30 * DAY]) {
      handles.push(systemClock.setTimer(() => systemClock.clearTimer(handles.at(-1)), delay));
      vi.advanceTimersByTime(delay);
    }
    for (const handle of [...handles, undefined]) systemClock.clearTimer(handle);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([0, -5])(
    'a delay of %s ms fires as soon as possible, but not before it returns',
    (delay) => {
      const fired = vi.fn();
      systemClock.setTimer(fired, delay);
      expect(fired).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(fired).toHaveBeenCalledTimes(1);
    },
  );
});
