import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stayOf, timesAfter } from '../../../src/policies/ejection/stay.js';

const STAY = { ejectFor: 30_000, maxEjectFor: 300_000 };

describe('how long a host is ejected', () => {
  it('E5: longer with each time, up to the longest', () => {
    expect([1, 2, 3, 9].map((times) => stayOf(STAY, times, 0.5))).toEqual([
      30_000, 60_000, 90_000, 270_000,
    ]);
    expect(stayOf(STAY, 11, 0.5)).toBe(300_000);
    expect(stayOf(STAY, 1_000_000, 0.5)).toBe(300_000);
  });

  it('E5: is spread by a fifth, and never beyond the longest', () => {
    expect(stayOf(STAY, 1, 0)).toBe(24_000);
    expect(stayOf(STAY, 1, 1 - 1e-9)).toBeCloseTo(36_000, 0);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (times, chance) => {
          const stay = stayOf(STAY, times, chance);
          const base = Math.min(STAY.maxEjectFor, STAY.ejectFor * times);
          expect(stay).toBeGreaterThanOrEqual(0.8 * base - 1e-6);
          expect(stay).toBeLessThanOrEqual(Math.min(1.2 * base, STAY.maxEjectFor) + 1e-6);
        },
      ),
    );
  });

  it('E5: each window that it stays takes one time back', () => {
    expect(timesAfter(3, 9_999, 10_000)).toBe(3);
    expect(timesAfter(3, 10_000, 10_000)).toBe(2);
    expect(timesAfter(3, 60_000, 10_000)).toBe(0);
    expect(timesAfter(0, Infinity, 10_000)).toBe(0);
  });
});
