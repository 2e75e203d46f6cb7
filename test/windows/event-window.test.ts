import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventWindow } from '../../src/windows/event-window.js';
import { rounding, timeline } from './timeline.js';

describe('EventWindow', () => {
  it('counts events, several at a time', () => {
    const window = new EventWindow(1_000);
    expect(window.total(0)).toBe(0);
    window.add(0);
    window.add(10, 4);
    window.add(20, 0);
    expect(window.total(20)).toBe(5);
  });

  it("errs 'low': an event is gone when it is as old as the window", () => {
    const window = new EventWindow(1_000, 10);
    window.add(0);
    window.add(99);
    expect(window.total(999.9)).toBe(2);
    // 99 shares a bucket with 0 and leaves with it, 99 ms early.
    expect(window.total(1_000)).toBe(0);
  });

  it("errs 'high': an event still counts when it is almost as old as the window", () => {
    const window = new EventWindow(1_000, 10, 'high');
    window.add(0);
    window.add(99);
    expect(window.total(1_098.9)).toBe(2);
    expect(window.total(1_100)).toBe(0);
  });

  it('an idle hour empties it', () => {
    for (const errs of ['low', 'high'] as const) {
      const window = new EventWindow(10_000, 10, errs);
      window.add(0, 1_000);
      expect(window.total(3_600_000)).toBe(0);
      window.add(3_600_000);
      expect(window.total(3_600_000)).toBe(1);
    }
  });

  it('G13: time that goes back un-counts nothing', () => {
    const window = new EventWindow(1_000);
    window.add(10_000);
    window.add(0);
    expect(window.total(-5)).toBe(2);
    expect(window.total(Number.NaN)).toBe(2);
    expect(window.total(Number.POSITIVE_INFINITY)).toBe(2);
    expect(window.total(11_000)).toBe(0);
  });

  it('clear forgets events but not the time', () => {
    const window = new EventWindow(1_000);
    window.clear();
    window.add(10_000, 3);
    window.clear();
    expect(window.total(10_000)).toBe(0);
    window.add(0);
    expect(window.total(10_900)).toBe(1);
  });

  it('errs the way it says, by one bucket at most, at every moment of any history', () => {
    const arbitrary = fc
      .record({
        length: fc.integer({ min: 1, max: 100_000 }),
        buckets: fc.integer({ min: 1, max: 12 }),
        errs: fc.constantFrom('low' as const, 'high' as const),
      })
      .chain((shape) =>
        fc.record({
          shape: fc.constant(shape),
          steps: fc.array(
            fc.record({ gap: timeline(shape.length), n: fc.integer({ min: 0, max: 5 }) }),
            { maxLength: 80, size: 'max' },
          ),
        }),
      );
    fc.assert(
      fc.property(arbitrary, ({ shape: { length, buckets, errs }, steps }) => {
        const window = new EventWindow(length, buckets, errs);
        const events: { at: number; n: number }[] = [];
        const bucket = length / buckets;
        let now = 1_000_000;
        let newest = Number.NEGATIVE_INFINITY;
        const countYoungerThan = (age: number) =>
          events.reduce((sum, event) => (newest - event.at < age ? sum + event.n : sum), 0);
        for (const { gap, n } of steps) {
          now += gap;
          newest = Math.max(newest, now);
          const slack = rounding(length, newest);
          if (n > 0) {
            window.add(now, n);
            events.push({ at: newest, n });
          }
          const total = window.total(now);
          const [least, most] =
            errs === 'low' ? [length - bucket, length] : [length, length + bucket];
          expect(total).toBeGreaterThanOrEqual(countYoungerThan(least - slack));
          expect(total).toBeLessThanOrEqual(countYoungerThan(most + slack));
        }
      }),
      { numRuns: 500 },
    );
  });
});
