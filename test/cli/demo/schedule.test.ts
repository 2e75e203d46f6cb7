import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callsIn, dueMs } from '../../../src/cli/demo/schedule.js';

describe('the schedule of the calls', () => {
  it('counts exactly the calls due before the end', () => {
    const length = fc.integer({ min: 4_000, max: 600_000 });
    fc.assert(
      fc.property(length, fc.integer({ min: 1, max: 1_000 }), (totalMs, rate) => {
        const calls = callsIn(totalMs, rate);
        expect(dueMs(calls - 1, rate)).toBeLessThan(totalMs);
        expect(dueMs(calls, rate)).toBeGreaterThan(totalMs - 1e-6);
      }),
    );
  });

  it('is 1,700 calls in the default run', () => {
    expect(callsIn(17_000, 100)).toBe(1_700);
  });
});
