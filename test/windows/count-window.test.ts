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
});
