import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountWindow } from '../../src/windows/count-window.js';

interface Outcome {
  readonly failed: boolean;
  readonly slow: boolean;
}

function totals(window: CountWindow) {
  return { total: window.total, failures: window.failures, slow: window.slow };
}

function model(outcomes: readonly Outcome[]) {
  return {
    total: outcomes.length,
    failures: outcomes.filter((outcome) => outcome.failed).length,
    slow: outcomes.filter((outcome) => outcome.slow).length,
  };
}

describe('CountWindow', () => {
  it('is empty at first, and holds what is recorded', () => {
    const window = new CountWindow(3);
    expect(totals(window)).toEqual({ total: 0, failures: 0, slow: 0 });
    window.record(0, true, true);
    window.record(0, false, true);
    window.record(0, true, false);
    expect(totals(window)).toEqual({ total: 3, failures: 2, slow: 2 });
  });

  it('B3: drops the oldest outcome, and only that, when it is full', () => {
    const window = new CountWindow(3);
    for (const failed of [true, false, false]) window.record(0, failed, failed);
    window.record(0, false, false);
    expect(totals(window)).toEqual({ total: 3, failures: 0, slow: 0 });
  });

  it('B3: is exact at every moment of any history', () => {
    const step = fc.oneof(
      { weight: 20, arbitrary: fc.record({ failed: fc.boolean(), slow: fc.boolean() }) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(step, { maxLength: 120, size: 'max' }),
        (size, steps) => {
          const window = new CountWindow(size);
          let expected: Outcome[] = [];
          for (const next of steps) {
            if (next === 'clear') {
              window.clear();
              expected = [];
            } else {
              window.record(0, next.failed, next.slow);
              expected = [...expected, next].slice(-size);
            }
            expect(totals(window)).toEqual(model(expected));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a success that is told by the shorter way is one like any other', () => {
    const window = new CountWindow(2);
    window.record(0, true, true);
    window.succeed(0);
    expect(totals(window)).toEqual({ total: 2, failures: 1, slow: 1 });
    window.succeed(0);
    expect(totals(window)).toEqual({ total: 2, failures: 0, slow: 0 });
  });

  it('time plays no part', () => {
    expect(new CountWindow(1).timed).toBe(false);
  });

  it.each([
    ['fewer than it holds', 9, [4, 2, 1], { total: 4, failures: 2, slow: 1 }],
    ['as many as it holds', 4, [4, 3, 0], { total: 4, failures: 3, slow: 0 }],
    ['more than it holds, in proportion', 5, [10, 4, 6], { total: 5, failures: 2, slow: 3 }],
    ['more than it holds, rounded', 3, [10, 4, 5], { total: 3, failures: 1, slow: 2 }],
    ['none', 3, [0, 0, 0], { total: 0, failures: 0, slow: 0 }],
  ] as const)(
    'adds calls whose order is not known: %s',
    (_what, size, [calls, failures, slow], expected) => {
      const window = new CountWindow(size);
      window.add(0, calls, failures, slow);
      expect(totals(window)).toEqual(expected);
    },
  );

  it('of calls whose order is not known it keeps failures the longest', () => {
    const window = new CountWindow(4);
    window.add(0, 4, 2, 1);
    window.succeed(0);
    window.succeed(0);
    expect(totals(window)).toEqual({ total: 4, failures: 2, slow: 1 });
    window.succeed(0);
    expect(totals(window)).toEqual({ total: 4, failures: 1, slow: 1 });
  });
});
