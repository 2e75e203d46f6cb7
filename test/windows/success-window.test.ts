import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventWindow } from '../../src/windows/event-window.js';
import { SuccessWindow } from '../../src/windows/success-window.js';

const SECOND = 1_000;

/** Successes so long after each other, in whole milliseconds. */
const gaps = fc.array(
  fc.oneof(fc.nat(300), fc.constantFrom(0, 999, 1_000, 9_999, 10_000), fc.nat(30_000)),
  { maxLength: 200, size: 'max' },
);

describe('SuccessWindow', () => {
  it('counts as the window of ten buckets does', () => {
    fc.assert(
      fc.property(gaps, fc.nat(100_000), (steps, startsAt) => {
        const like = new EventWindow(10 * SECOND, 10, 'low');
        const window = new SuccessWindow();
        let now = startsAt;
        for (const step of steps) {
          now += step;
          expect(window.total(now, SECOND)).toBe(like.total(now));
          like.add(now);
          expect(window.add(now, SECOND)).toBe(true);
          expect(window.total(now, SECOND)).toBe(like.total(now));
        }
      }),
    );
  });

  it('gives what it holds to another window, which goes on from there as it would have', () => {
    fc.assert(
      fc.property(gaps, gaps, (before, after) => {
        const window = new SuccessWindow();
        let now = 5_000;
        for (const step of before) {
          now += step;
          window.add(now, SECOND);
        }
        const next = new EventWindow(10 * SECOND, 10, 'low');
        // An empty one tells nothing, and the other one begins its buckets with its own first success.
        fc.pre(window.total(now, SECOND) > 0);
        window.forEach(SECOND, (count, atMs) => next.add(atMs, count));
        for (const step of after) {
          now += step;
          expect(next.total(now)).toBe(window.total(now, SECOND));
          next.add(now);
          window.add(now, SECOND);
        }
      }),
    );
  });

  it('refuses what its buckets have no room for, each of them', () => {
    const window = new SuccessWindow();
    for (let bucket = 0; bucket < 10; bucket++) {
      for (let i = 0; i < 1_023; i++) expect(window.add(bucket * SECOND, SECOND)).toBe(true);
      expect(window.add(bucket * SECOND, SECOND)).toBe(false);
      expect(window.total(bucket * SECOND, SECOND)).toBe((bucket + 1) * 1_023);
    }
    const counts: number[] = [];
    window.forEach(SECOND, (count) => counts.push(count));
    expect(counts).toEqual(new Array(10).fill(1_023));
    expect(window.total(10 * SECOND, SECOND)).toBe(9 * 1_023);
    expect(window.add(10 * SECOND, SECOND)).toBe(true);
  });

  it('G13: time that goes back un-counts nothing', () => {
    const window = new SuccessWindow();
    window.add(10_000, SECOND);
    window.add(0, SECOND);
    expect(window.total(-5, SECOND)).toBe(2);
    expect(window.total(Number.NaN, SECOND)).toBe(2);
    expect(window.total(Infinity, SECOND)).toBe(2);
    expect(window.total(20_000, SECOND)).toBe(0);
  });
});
