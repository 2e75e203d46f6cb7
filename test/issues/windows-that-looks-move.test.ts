import fc from 'fast-check';
import { retryBudget } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { EventWindow } from '../../src/windows/event-window.js';
import { SuccessWindow } from '../../src/windows/success-window.js';
import { TimeWindow } from '../../src/windows/time-window.js';

/** A window of ten seconds: what records, and what looks. */
interface Looked {
  record(atMs: number): void;
  look(atMs: number): number;
}

const kinds: Record<string, () => Looked> = {
  'of events': () => {
    const window = new EventWindow(10_000, 10, 'low');
    return { record: (at) => window.add(at), look: (at) => window.total(at) };
  },
  'of events that use something up': () => {
    const window = new EventWindow(10_000, 10, 'high');
    return { record: (at) => window.add(at), look: (at) => window.total(at) };
  },
  'of calls': () => {
    const window = new TimeWindow(10_000);
    return {
      record: (at) => window.record(at, true, false),
      look: (at) => {
        window.advance(at);
        return window.total;
      },
    };
  },
  'of successes': () => {
    const window = new SuccessWindow();
    return { record: (at) => window.add(at, 1_000), look: (at) => window.total(at, 1_000) };
  },
};

const steps = fc.array(
  fc.record({
    gap: fc.oneof(fc.nat(1_500), fc.constantFrom(0, 999, 1_000, 9_000, 10_000), fc.nat(30_000)),
    looks: fc.boolean(),
  }),
  { maxLength: 60, size: 'max' },
);

/** A gauge reads a window whenever somebody scrapes it. That must not change what calls meet. */
describe.each(Object.entries(kinds))('a look at a window %s', (_, make) => {
  it('changes nothing that is counted later', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const [looked, left] = [make(), make()];
        let now = 5_000;
        for (const { gap, looks } of taken) {
          now += gap;
          if (looks) looked.look(now);
          else for (const each of [looked, left]) each.record(now);
        }
        expect(looked.look(now)).toBe(left.look(now));
      }),
      { numRuns: 300 },
    );
  });
});

it('a retry budget that is looked at while it is empty allows what it would have allowed', () => {
  const [looked, left] = [retryBudget(), retryBudget()];
  const atMs = 3_023;
  looked.balance(3_000);
  for (const budget of [looked, left]) {
    budget.deposit(0, 10);
    for (let retry = 0; retry < 5; retry++) budget.tryWithdraw(atMs);
    budget.deposit(12_000, 1);
  }
  for (let now = 12_000; now < 16_000; now += 100) {
    expect(looked.balance(now)).toBe(left.balance(now));
  }
});
