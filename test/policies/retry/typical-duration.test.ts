import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TypicalDuration } from '../../../src/policies/retry/typical-duration.js';

const durations = fc.array(
  fc.oneof(fc.double({ min: 0, max: 60_000, noNaN: true }), fc.constantFrom(0, 1e-9, 1e9)),
  { minLength: 1, maxLength: 40, size: 'max' },
);

const learnt = (all: readonly number[], nowMs = 0): TypicalDuration => {
  const typical = new TypicalDuration();
  for (const each of all) typical.add(each, nowMs);
  return typical;
};

describe('TypicalDuration', () => {
  it('knows nothing at first', () => {
    const typical = new TypicalDuration();
    expect(typical.at(0)).toBe(0);
    expect(typical.isEnough(0, 0)).toBe(true);
    typical.ranOut(0, 0);
    expect(typical.at(1_000_000)).toBe(0);
  });

  it('R5: is the geometric mean of what it was told, as long as that is little', () => {
    expect(learnt([80]).at(0)).toBeCloseTo(80);
    expect(learnt([10, 1_000]).at(0)).toBeCloseTo(100);
    expect(learnt([10, 10, 10, 10_000]).at(0)).toBeCloseTo(10 * 10 ** 0.75);
  });

  it('R5: one that takes a thousand times as long moves it to little more than double', () => {
    const typical = learnt(Array.from({ length: 20 }, () => 10));
    typical.add(10_000, 0);
    expect(typical.at(0)).toBeLessThan(25);
  });

  it('R5: it follows what has become slower, and what has become faster', () => {
    const before = Array.from({ length: 50 }, () => 10);
    const after = Array.from({ length: 20 }, () => 500);
    expect(learnt([...before, ...after]).at(0)).toBeGreaterThan(350);
    expect(learnt([...after, ...before]).at(0)).toBeLessThan(11);
  });

  it('R5: half of it goes in thirty seconds without news; time that goes back changes nothing', () => {
    const typical = learnt([400], 50_000);
    expect(typical.at(50_000)).toBeCloseTo(400);
    expect(typical.at(80_000)).toBeCloseTo(200);
    expect(typical.at(55_000)).toBeCloseTo(200);
    expect(typical.at(85_000)).toBeCloseTo(100);
    expect(typical.at(10_000_000)).toBeLessThan(1e-6);
  });

  it('R5: is never NaN or negative, and never above the longest', () => {
    const step = fc.record({
      ms: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
      afterMs: fc.double({ min: -1_000, max: 1e8, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const typical = new TypicalDuration();
        let now = 0;
        let longest = 0.001;
        for (const { ms, afterMs } of steps) {
          now += afterMs;
          if (ms === undefined) typical.isEnough(0, now);
          else typical.add(ms, now);
          longest = Math.max(longest, ms ?? 0);
          const value = typical.at(now);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(longest * (1 + 1e-9));
        }
      }),
    );
  });

  it('R5: never stuck: whatever it was told, some prevented retries let the next one through', () => {
    fc.assert(
      fc.property(
        durations,
        fc.double({ min: 0.01, max: 10_000, noNaN: true }),
        (all, timeLeft) => {
          const typical = learnt(all);
          let prevented = 0;
          while (!typical.isEnough(timeLeft, 0)) prevented++;
          // A twentieth each time: 45 for a tenth of it.
          expect(prevented).toBeLessThanOrEqual(Math.ceil(45 * Math.log10(1e9 / timeLeft)) + 1);
        },
      ),
    );
  });

  it('R5: other work that takes longer does not take the place of what it has learnt by preventing', () => {
    const typical = learnt([1_000, 1_000]);
    let prevented = 0;
    for (let i = 0; i < 500; i++) {
      typical.add(1_000, 0);
      if (!typical.isEnough(10, 0)) prevented++;
      else typical.add(5, 0);
    }
    // To a hundredth of it, by a twentieth each time.
    expect(prevented).toBeLessThanOrEqual(90);
  });

  it('R5: one that runs out of time restores the trust, but not where it had more time than that', () => {
    const typical = learnt([1_000]);
    while (!typical.isEnough(10, 0));
    typical.ranOut(1_000, 0);
    expect(typical.isEnough(10, 0)).toBe(true);
    typical.ranOut(10, 0);
    expect(typical.isEnough(999, 0)).toBe(false);
    expect(typical.isEnough(999, 0)).toBe(true);
    expect(typical.isEnough(1_000, 0)).toBe(true);
  });

  it('R5: never stuck: whatever it was told, so does time alone', () => {
    fc.assert(
      fc.property(durations, (all) => {
        expect(learnt(all).at(30_000 * 45)).toBeLessThan(0.1);
      }),
    );
  });
});
