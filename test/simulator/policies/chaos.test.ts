import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Arm, Scenario } from 'holdfast/simulator';
import { simulate } from 'holdfast/simulator';
import { describe, expect, it } from 'vitest';

interface Part {
  readonly outage: Scenario;
  readonly rehearsal: Scenario;
  readonly real: Readonly<Record<'plain' | 'standard', Arm>>;
  readonly rehearsals: Readonly<Record<'plain' | 'standard', Arm>>;
}

const file = join(import.meta.dirname, '../../../bench/goodput/policies/chaos.js');
const { outage, rehearsal, real, rehearsals }: Part = await import(pathToFileURL(file).href);

const seeds = [1, 2, 3];

describe('a rehearsal in the simulator', () => {
  it('C3: with half of the attempts failing by chaos, goodput is within a percent of an upstream that fails half', async () => {
    const run = async (scenario: Scenario, arm: Arm) => {
      const report = await simulate({
        scenario: { ...scenario, clients: 20 },
        arms: { standard: arm },
        seeds,
      });
      return report.arms['standard']?.summary;
    };
    const was = await run(outage, real.standard);
    const is = await run(rehearsal, rehearsals.standard);
    const text = JSON.stringify([was, is]);
    for (const time of ['before', 'during', 'after'] as const) {
      expect(Math.abs(Number(was?.[time]) - Number(is?.[time])), text).toBeLessThan(0.01);
    }
    expect(is?.during, text).toBeGreaterThan(0.85);
    expect(is?.during, text).toBeLessThan(0.999);
  }, 180_000);

  it('C3: a call that is made once fails at the rate that was set', async () => {
    const report = await simulate({
      scenario: { ...rehearsal, clients: 20 },
      arms: { plain: rehearsals.plain },
      seeds: [1],
    });
    const { before, during, after } = report.arms['plain']?.summary ?? {};
    expect([before, after]).toEqual([1, 1]);
    expect(Math.abs(Number(during) - 0.5)).toBeLessThan(0.06);
  }, 180_000);
});
