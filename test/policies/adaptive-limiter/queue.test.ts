import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Patience } from '../../../src/policies/adaptive-limiter/patience.js';
import { PriorityQueue } from '../../../src/policies/adaptive-limiter/priority-queue.js';
import { elapsedMs, stampOf } from '../../../src/policies/adaptive-limiter/stamp.js';
import type { Waiter } from '../../../src/policies/wait-queue.js';

interface Item {
  readonly id: number;
  readonly level: number;
}

it('L2: the queue does what a sorted list would, whatever the order of joining, leaving, taking and displacing', () => {
  const level = fc.oneof(
    fc.integer({ min: -2, max: 2 }),
    fc.constantFrom(Infinity, -Infinity, 0.5),
  );
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.record({ join: level }) },
    { weight: 2, arbitrary: fc.constant({ shift: true }) },
    { weight: 2, arbitrary: fc.record({ displace: level }) },
    { weight: 2, arbitrary: fc.record({ leave: fc.nat({ max: 30 }) }) },
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 100 }), (commands) => {
      const queue = new PriorityQueue<Item>();
      const waiters: Waiter<Item>[] = [];
      let model: Item[] = [];
      for (const each of commands) {
        if ('join' in each) {
          const item = { id: waiters.length, level: each.join };
          expect(queue.isNext(item.level)).toBe(model.every((other) => other.level < item.level));
          waiters.push(queue.join(item));
          model = [
            ...model.filter((other) => other.level >= item.level),
            item,
            ...model.filter((other) => other.level < item.level),
          ];
        } else if ('shift' in each) {
          expect(queue.shift()).toBe(model.shift());
        } else if ('displace' in each) {
          const least = model.at(-1);
          const expected = least !== undefined && least.level < each.displace ? least : undefined;
          expect(queue.displace(each.displace)).toBe(expected);
          model = model.filter((other) => other !== expected);
        } else {
          const waiter = waiters[each.leave];
          if (waiter === undefined) continue;
          expect(queue.leave(waiter)).toBe(model.includes(waiter.item));
          model = model.filter((other) => other !== waiter.item);
        }
        expect(queue.length).toBe(model.length);
      }
      while (model.length > 0) expect(queue.shift()).toBe(model.shift());
      expect(queue.shift()).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

it('L2: patience is short once the queue has stood for the longest wait, and only then', () => {
  const patience = new Patience(100);
  expect(patience.of(1_000, 0, true, Infinity)).toBe(100);
  expect(patience.of(1_099, 3, false, Infinity)).toBe(100);
  expect(patience.of(1_100, 3, false, Infinity)).toBe(5);
  expect(patience.of(1_100, 3, true, Infinity)).toBe(100);
  expect(patience.of(50_000, 1, false, Infinity)).toBe(5);
  expect(patience.of(50_001, 0, true, Infinity)).toBe(100);
  // A clock that goes back makes nobody impatient.
  expect(patience.of(0, 1, false, Infinity)).toBe(100);
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
        patience.of(0, 0, true, Infinity);
        const waitMs = patience.of(laterMs, queued, isNext, leftMs);
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
    waits.add(new Patience(500).of(0, 0, true, leftMs));
  }
  expect(waits.size).toBeLessThan(100);
  const patience = new Patience(500);
  expect(patience.of(0, 0, true, 999)).toBeGreaterThanOrEqual(425);
  expect(patience.of(0, 0, true, 999)).toBeLessThan(450);
  expect(patience.of(0, 0, true, 100)).toBe(45);
  expect(patience.of(0, 0, true, 0)).toBe(1);
  // Also where the longest wait is just as long as that share of the time.
  expect(new Patience(220 * 0.45).of(0, 0, true, 220)).toBe(97.5);
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
