import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callsIn, dueMs, phaseIndexAt, phasesOf } from '../../../src/cli/demo/phases.js';
import { parseOptions } from '../../../src/config/validate.js';
import { behaviourSchema } from '../../../src/testing/upstream-behaviour.js';

const length = fc.integer({ min: 2_000, max: 600_000 });

describe('phasesOf', () => {
  it('is good, slow, failing, hanging and recovering', () => {
    expect(phasesOf(18_000).map(({ name, startMs, endMs }) => [name, startMs, endMs])).toEqual([
      ['good', 0, 3_000],
      ['slow', 3_000, 6_000],
      ['failing', 6_000, 10_000],
      ['hanging', 10_000, 14_000],
      ['recovering', 14_000, 18_000],
    ]);
  });

  it('follow each other without a gap and fill the run, whatever its length', () => {
    fc.assert(
      fc.property(length, (totalMs) => {
        const phases = phasesOf(totalMs);
        expect(phases[0]?.startMs).toBe(0);
        expect(phases.at(-1)?.endMs).toBe(totalMs);
        phases.forEach((phase, index) => {
          expect(phase.endMs).toBeGreaterThan(phase.startMs);
          if (index > 0) expect(phase.startMs).toBe(phases[index - 1]?.endMs);
        });
      }),
    );
  });

  it('are behaviours that the upstream takes', () => {
    for (const { behaviour } of phasesOf(18_000)) {
      expect(() => parseOptions(behaviourSchema, behaviour, 'behave')).not.toThrow();
    }
  });
});

describe('phaseIndexAt', () => {
  it('changes at the boundary and stays in the last phase', () => {
    const phases = phasesOf(18_000);
    const at = (ms: number): number => phaseIndexAt(phases, ms);
    expect([0, 2_999.9, 3_000, 13_999, 17_999, 18_000, 99_000].map(at)).toEqual([
      0, 0, 1, 3, 4, 4, 4,
    ]);
  });
});

describe('the schedule of the calls', () => {
  it('counts exactly the calls due before the end', () => {
    fc.assert(
      fc.property(length, fc.integer({ min: 1, max: 1_000 }), (totalMs, rate) => {
        const calls = callsIn(totalMs, rate);
        expect(dueMs(calls - 1, rate)).toBeLessThan(totalMs);
        expect(dueMs(calls, rate)).toBeGreaterThan(totalMs - 1e-6);
      }),
    );
  });

  it('is 1,800 calls in the default run', () => {
    expect(callsIn(18_000, 100)).toBe(1_800);
  });
});
