import { describe, expect, it } from 'vitest';
import { pipeline, rateLimiter } from '../../src/index.js';
import { type Arm, arms, type Scenario, simulate } from '../../src/simulator/index.js';

const scenario = {
  name: 'classes',
  clients: 4,
  arrivals: '20s',
  priorities: { high: 0.2, low: 0.5, lowest: 0.3 },
  cost: { mean: 40 },
  triggers: [{ kind: 'errors', share: 1, at: '8s', lasts: '4s' }],
} as const satisfies Scenario;

/** Notes what calls bring along. */
function noting(): { arm: Arm; options: object[] } {
  const options: object[] = [];
  const arm: Arm = () => ({
    execute: (operation, { signal, ...rest }) => {
      options.push(rest);
      return operation({ signal });
    },
  });
  return { arm, options };
}

describe('S7: classes and costs of calls', () => {
  it('are drawn in the shares that the scenario says, and are the same for all arms', async () => {
    const one = noting();
    const two = noting();
    await simulate({ scenario, arms: { one: one.arm, two: two.arm }, seeds: [1] });
    expect(two.options).toEqual(one.options);
    const share = (priority: string): number =>
      one.options.filter((each) => 'priority' in each && each.priority === priority).length /
      one.options.length;
    expect(share('high')).toBeCloseTo(0.2, 1);
    expect(share('low')).toBeCloseTo(0.5, 1);
    expect(share('lowest')).toBeCloseTo(0.3, 1);
    expect(share('highest') + share('normal')).toBe(0);
    const costs = one.options.map((each) => ('cost' in each ? Number(each.cost) : Number.NaN));
    const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
    expect(mean).toBeGreaterThan(37);
    expect(mean).toBeLessThan(43);
    expect(costs.every((cost) => Number.isInteger(cost) && cost >= 1)).toBe(true);
  });

  it('change nothing else: the calls come when they came, and are as much work', async () => {
    const { priorities: _, cost: __, ...without } = scenario;
    const run = async (document: Scenario): Promise<unknown> => {
      const { arms: found } = await simulate({
        scenario: document,
        arms: { naive: arms.naive },
        seeds: [1],
      });
      return [found['naive']?.summary, found['naive']?.runs[0]?.series];
    };
    expect(await run(scenario)).toEqual(await run(without));
  });

  it('are not said where the scenario has none', async () => {
    const { arm, options } = noting();
    const { priorities: _, cost: __, ...without } = scenario;
    await simulate({ scenario: without, arms: { arm }, seeds: [1] });
    expect(options.every((each) => Object.keys(each).length === 0)).toBe(true);
  });

  it('may cost the same each', async () => {
    const { arm, options } = noting();
    const cost = { mean: 7, spread: 'constant' } as const;
    await simulate({ scenario: { ...scenario, cost }, arms: { arm }, seeds: [1] });
    expect(options.every((each) => 'cost' in each && each.cost === 7)).toBe(true);
  });

  it('are counted by class, before, during and after the trouble', async () => {
    const choosy: Arm = () => ({
      execute: (operation, { signal, priority }) =>
        priority === 'lowest' ? Promise.reject(new Error('shed')) : operation({ signal }),
    });
    const { arms: found } = await simulate({ scenario, arms: { choosy }, seeds: [1, 2] });
    const { priorities, runs } = found['choosy'] ?? {};
    expect(Object.keys(priorities ?? {})).toEqual(['high', 'low', 'lowest']);
    expect(priorities?.high).toMatchObject({ before: 1, after: 1 });
    expect(priorities?.high?.during).toBeLessThan(0.05);
    expect(priorities?.lowest).toMatchObject({ before: 0, during: 0, after: 0 });
    for (const run of runs ?? []) {
      const counted = Object.values(run.priorities ?? {}).reduce(
        (sum, { calls }) => sum + calls,
        0,
      );
      expect(counted).toBe(run.series.calls.reduce((sum, calls) => sum + calls, 0));
    }
  });

  it('reach a pipeline as the options of a call', async () => {
    const limited: Arm = ({ clock }) =>
      pipeline({ name: 'x', clock, telemetry: false }, rateLimiter({ limit: 1e6, per: '1s' }));
    const { arms: found } = await simulate({ scenario, arms: { limited }, seeds: [1] });
    expect(found['limited']?.priorities?.low?.before).toBe(1);
  });
});
