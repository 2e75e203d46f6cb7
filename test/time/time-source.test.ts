import { systemClock } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TICK_MS } from '../../src/time/tick.js';
import { TimeSource, timeSourceOf } from '../../src/time/time-source.js';
import { LoopClock } from './support/loop-clock.js';

function busy(source: TimeSource, readings = 16): void {
  for (let i = 0; i < readings; i++) source.recent();
}

describe('a time source', () => {
  it('reads the clock each time while calls are rare', () => {
    const clock = new LoopClock();
    const source = new TimeSource(clock, () => true);
    for (let i = 0; i < 100; i++) {
      clock.run(1);
      expect(source.recent()).toBe(clock.time);
    }
    expect(clock.readings).toBe(100);
    expect(source.ticking).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('ticks once readings are frequent, and then does not read the clock', () => {
    const clock = new LoopClock();
    const source = new TimeSource(clock, () => true);
    busy(source);
    expect(source.ticking).toBe(true);
    const { readings } = clock;
    busy(source, 200);
    expect(clock.readings).toBe(readings);
  });

  it('shows its last reading while it ticks, and only then; that is no use of it', () => {
    const clock = new LoopClock();
    const source = new TimeSource(clock, () => true);
    source.recent();
    expect(source.lastReading).toBe(undefined);
    busy(source);
    for (let i = 0; i < 1_000; i++) expect(source.lastReading).toBe(source.recent());
    clock.run(TICK_MS);
    const ticked = source.lastReading as number;
    expect(clock.time - ticked).toBeLessThanOrEqual(TICK_MS);
    for (let i = 0; i < 1_000; i++) expect(source.lastReading).toBe(ticked);
    clock.run(TICK_MS);
    expect(source.lastReading).toBe(undefined);
  });

  it('lags by a tick at most while the event loop turns, and never leads', () => {
    const clock = new LoopClock();
    const source = new TimeSource(clock, () => true);
    for (let i = 0; i < 2_000; i++) {
      clock.run(0.25);
      busy(source, 20);
      const recent = source.recent();
      expect(recent).toBeLessThanOrEqual(clock.time);
      expect(clock.time - recent).toBeLessThanOrEqual(TICK_MS);
      expect(source.now()).toBe(clock.time);
    }
    expect(source.ticking).toBe(true);
  });

  it('reads the clock again in a loop of microtasks that lets no tick through', () => {
    const clock = new LoopClock();
    const source = new TimeSource(clock, () => true);
    busy(source);
    const seen = new Set<number>();
    for (let i = 0; i < 2_000; i++) {
      clock.block(1);
      seen.add(source.recent());
    }
    expect(seen.size).toBeGreaterThanOrEqual(Math.floor(2_000 / 256));
    expect(clock.time - source.recent()).toBeLessThanOrEqual(256);
  });

  it('G8: stops ticking when calls become rare, and leaves no timer', () => {
    const clock = new LoopClock();
    const source = new TimeSource(clock, () => true);
    busy(source, 100);
    expect(clock.pending).toBe(1);
    clock.run(2 * TICK_MS);
    expect(source.ticking).toBe(false);
    expect(clock.pending).toBe(0);
    expect(source.recent()).toBe(clock.time);
  });

  it('goes on ticking while microtasks used up its readings', () => {
    const clock = new LoopClock();
    const source = new TimeSource(clock, () => true);
    busy(source);
    busy(source, 300);
    clock.run(TICK_MS);
    expect(source.ticking).toBe(true);
  });

  it('does not tick where it may not', () => {
    const clock = new LoopClock();
    let may = false;
    const source = new TimeSource(clock, () => may);
    busy(source, 100);
    expect(source.ticking).toBe(false);
    may = true;
    busy(source, 100);
    expect(source.ticking).toBe(true);
    may = false;
    clock.run(TICK_MS);
    expect(source.ticking).toBe(false);
    expect(new TimeSource(clock).ticking).toBe(false);
  });

  it('tells its listeners the time of the next tick, once', () => {
    const clock = new LoopClock();
    const source = new TimeSource(clock, () => true);
    const heard: number[] = [];
    busy(source);
    source.awaitTick({ onTick: (now) => void heard.push(now) });
    busy(source, 20);
    clock.run(10 * TICK_MS);
    expect(heard).toEqual([1_000 + TICK_MS]);
  });

  it('has one queue a duration', () => {
    const source = new TimeSource(new LoopClock());
    expect(source.deadlines(5)).toBe(source.deadlines(5));
    expect(source.deadlines(5)).not.toBe(source.deadlines(6));
  });
});

describe('the time source of a clock', () => {
  afterEach(() => void vi.useRealTimers());

  it('is one', () => {
    const clock = new VirtualClock();
    expect(timeSourceOf(clock)).toBe(timeSourceOf(clock));
    expect(timeSourceOf(clock)).not.toBe(timeSourceOf(new VirtualClock()));
  });

  it('ticks for the system clock only', async () => {
    const virtual = timeSourceOf(new VirtualClock());
    busy(virtual, 1_000);
    expect(virtual.ticking).toBe(false);
    const real = timeSourceOf(systemClock);
    busy(real, 1_000);
    expect(real.ticking).toBe(true);
    await vi.waitFor(() => expect(real.ticking).toBe(false), 20_000);
  });

  it('does not tick on fake timers', async () => {
    const real = timeSourceOf(systemClock);
    await vi.waitFor(() => expect(real.ticking).toBe(false), 20_000);
    vi.useFakeTimers();
    busy(real, 1_000);
    expect(real.ticking).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
