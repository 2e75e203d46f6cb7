import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Patience } from '../../../src/policies/adaptive-limiter/patience.js';
import { elapsedMs, stampOf } from '../../../src/policies/adaptive-limiter/stamp.js';

/** How long a call of the class `normal` may wait that finds so many others waiting. */
function waitOf(
  patience: Patience,
  nowMs: number,
  queued: number,
  isNext: boolean,
  leftMs: number,
) {
  const best = queued === 0 ? undefined : 2;
  return patience.of({ nowMs, which: 2, best, isNext }, leftMs);
}

it('L2: patience is short once the queue has stood for the longest wait, and only then', () => {
  const patience = new Patience(100);
  expect(waitOf(patience, 1_000, 0, true, Infinity)).toBe(100);
  expect(waitOf(patience, 1_099, 3, false, Infinity)).toBe(100);
  expect(waitOf(patience, 1_100, 3, false, Infinity)).toBe(5);
  expect(waitOf(patience, 1_100, 3, true, Infinity)).toBe(100);
  expect(waitOf(patience, 50_000, 1, false, Infinity)).toBe(5);
  expect(waitOf(patience, 50_001, 0, true, Infinity)).toBe(100);
  // A clock that goes back makes nobody impatient.
  expect(waitOf(patience, 0, 1, false, Infinity)).toBe(100);
});

it('L2: a call of any class that finds nobody, or only less important ones, waits for as long as in an empty queue', () => {
  for (let which = 0; which < 5; which++) {
    const patience = new Patience(100);
    const of = (nowMs: number, best: number | undefined) =>
      patience.of({ nowMs, which, best, isNext: false }, Infinity);
    expect(of(1_000, undefined)).toBe(100);
    expect(of(1_100, which)).toBe(5);
    if (which > 0) expect(of(1_200, which - 1)).toBe(100);
  }
});

it('L2: while the event loop is blocked, no queue stands', () => {
  const patience = new Patience(100);
  const blockedMs = (ms: number) => ({ elapsed: (from: number, now: number) => now - from - ms });
  const of = (nowMs: number, best: number | undefined, ms: number) =>
    patience.of({ nowMs, which: 2, best, isNext: false }, Infinity, blockedMs(ms));
  expect(of(1_000, undefined, 0)).toBe(100);
  expect(of(1_500, 2, 401)).toBe(100);
  expect(of(1_500, 2, 400)).toBe(5);
});

it('L2: nobody waits for longer than half of the time that its caller has left', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 10_000, noNaN: true }),
      fc.double({ min: -1_000, max: 100_000, noNaN: true }),
      fc.nat({ max: 5 }),
      fc.boolean(),
      fc.nat({ max: 100_000 }),
      (maxWaitMs, leftMs, queued, isNext, laterMs) => {
        const patience = new Patience(maxWaitMs);
        waitOf(patience, 0, 0, true, Infinity);
        const waitMs = waitOf(patience, laterMs, queued, isNext, leftMs);
        expect(waitMs).toBeGreaterThan(0);
        expect(waitMs).toBeLessThanOrEqual(maxWaitMs);
        // A timer cannot be set for less than a millisecond.
        expect(waitMs).toBeLessThanOrEqual(Math.max(1, leftMs / 2));
      },
    ),
  );
});

it('L2: waits of much the same length are the same: they share a timer', () => {
  const waits = new Set<number>();
  for (let leftMs = 1; leftMs < 1_000; leftMs += 0.1) {
    waits.add(waitOf(new Patience(500), 0, 0, true, leftMs));
  }
  expect(waits.size).toBeLessThan(100);
  const patience = new Patience(500);
  expect(waitOf(patience, 0, 0, true, 999)).toBeGreaterThanOrEqual(425);
  expect(waitOf(patience, 0, 0, true, 999)).toBeLessThan(450);
  expect(waitOf(patience, 0, 0, true, 100)).toBe(45);
  expect(waitOf(patience, 0, 0, true, 0)).toBe(1);
  // Also where the longest wait is just as long as that share of the time.
  expect(waitOf(new Patience(220 * 0.45), 0, 0, true, 220)).toBe(97.5);
});

it('G13: a stamp tells how much time has passed, from any start and up to 35 minutes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.integer({ min: 0, max: 2_000_000 }),
      (startMs, lasts) => {
        const start = startMs / 7;
        const stamp = stampOf(start);
        expect(Number.isInteger(stamp)).toBe(true);
        expect(elapsedMs(stamp, start + lasts)).toBeCloseTo(lasts, 2);
      },
    ),
  );
  expect(elapsedMs(stampOf(0), 3_000_000)).toBeLessThan(0);
  expect(elapsedMs(stampOf(500), 400)).toBe(-100);
  expect(elapsedMs(stampOf(0), Number.NaN)).toBe(0);
});
