import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capacityFor, phaseIndexAt, phasesOf } from '../../../src/cli/demo/phases.js';
import { parseData } from '../../../src/config/plain-data.js';
import { behaviourSchema } from '../../../src/testing/upstream-behaviour.js';

const length = fc.integer({ min: 4_000, max: 600_000 });

describe('phasesOf', () => {
  it('has two triggers, each with a good time after it', () => {
    const phases = phasesOf(17_000, 100);
    expect(
      phases.map(({ name, trigger, startMs, endMs }) => [name, trigger, startMs, endMs]),
    ).toEqual([
      ['good', undefined, 0, 1_500],
      ['slow', 'slowdown', 1_500, 4_000],
      ['good again', undefined, 4_000, 9_500],
      ['503s', 'failures', 9_500, 12_000],
      ['good', undefined, 12_000, 17_000],
    ]);
  });

  it('leaves a tenth of the workers in the slowdown, and fails 9 of 10 in the failures', () => {
    const behaviours = phasesOf(17_000, 100).map(({ behaviour }) => behaviour);
    expect(behaviours.map(({ capacity }) => capacity?.workers)).toEqual([10, 1, 10, 10, 10]);
    expect(behaviours.map(({ failureRate }) => failureRate)).toEqual([0, 0, 0, 0.9, 0]);
  });

  it('follow each other without a gap and fill the run, whatever its length', () => {
    fc.assert(
      fc.property(length, (totalMs) => {
        const phases = phasesOf(totalMs, 100);
        expect(phases[0]?.startMs).toBe(0);
        expect(phases.at(-1)?.endMs).toBe(totalMs);
        phases.forEach((phase, index) => {
          expect(phase.endMs).toBeGreaterThan(phase.startMs);
          if (index > 0) expect(phase.startMs).toBe(phases[index - 1]?.endMs);
        });
      }),
    );
  });

  it.each([50, 100, 1_000])(
    'are behaviours that the upstream takes, at %i calls a second',
    (rate) => {
      for (const { behaviour } of phasesOf(17_000, rate)) {
        expect(() => parseData(behaviourSchema, behaviour, 'behave')).not.toThrow();
      }
    },
  );
});

describe('capacityFor', () => {
  it('serves four requests for three calls, at any rate', () => {
    fc.assert(
      fc.property(fc.double({ min: 50, max: 1_000, noNaN: true }), (rate) => {
        const { workers, serviceTime } = capacityFor(rate);
        if (typeof serviceTime !== 'object') throw new Error('not spread');
        const [median, p99] = [Number(serviceTime.median), Number(serviceTime.p99)];
        // The mean of a log-normal, and the 99th percentile of a normal.
        const meanMs = median * Math.exp((Math.log(p99 / median) / 2.3263) ** 2 / 2);
        expect(rate / ((1_000 * workers) / meanMs)).toBeCloseTo(0.75, 2);
        expect(workers % 10).toBe(0);
        expect(meanMs).toBeLessThan(151);
      }),
    );
  });
});

describe('phaseIndexAt', () => {
  it('changes at the boundary and stays in the last phase', () => {
    const phases = phasesOf(17_000, 100);
    const at = (ms: number): number => phaseIndexAt(phases, ms);
    expect([0, 1_499.9, 1_500, 11_999, 16_999, 17_000, 99_000].map(at)).toEqual([
      0, 0, 1, 3, 4, 4, 4,
    ]);
  });
});
