import fc from 'fast-check';
import { retryBudget } from 'holdfast';
import { expect, it } from 'vitest';
import { EventWindow } from '../../src/windows/event-window.js';

/** At the edge of a bucket, rounding left it where it was until it was asked again: a budget said that it had nothing, and gave. */
it('R6: a budget gives what it says that it has, at the edge of its window, too', () => {
  const start = 0.0015187616814387186;
  const budget = retryBudget({ ratio: 0.5, minPerSecond: 0 });
  budget.deposit(start);
  budget.deposit(start);
  expect(budget.tryWithdraw(start)).toBe(true);
  expect(budget.balance(start + 4_000)).toBe(0);
  const now = start + 4_000 + 7_000;
  budget.deposit(now);
  budget.deposit(now);
  const left = budget.balance(now);
  expect(budget.balance(now)).toBe(left);
  expect(budget.tryWithdraw(now)).toBe(left >= 1);
});

it('a window says the same of one moment, however often it is asked', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e7, noNaN: true }),
      fc.array(fc.oneof(fc.nat({ max: 12_000 }), fc.constantFrom(1_000, 4_000, 7_000, 10_000))),
      fc.constantFrom<'low' | 'high'>('low', 'high'),
      (start, waits, errs) => {
        const window = new EventWindow(10_000, 10, errs);
        let now = start;
        for (const wait of waits) {
          now += wait;
          window.add(now);
          const total = window.total(now);
          expect([window.total(now), window.total(now)]).toEqual([total, total]);
        }
      },
    ),
    { numRuns: 500 },
  );
});
