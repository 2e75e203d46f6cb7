import { simulate } from 'holdfast/simulator';
import { expect, it } from 'vitest';
// @ts-expect-error The benchmarks are checked by a project of their own.
import { judge, readRun } from '../../../bench/goodput/policies/figures.js';
// @ts-expect-error as above
import { comparisons } from '../../../bench/goodput/policies/hedge.js';

const SEEDS = [1, 2, 3];

it.each(
  comparisons as {
    id: string;
    scenario: never;
    arms: { id: string; arm: never }[];
    goals: object[];
  }[],
)('H3: in the simulator: $id', { timeout: 120_000 }, async (comparison) => {
  const { arms } = await simulate({
    scenario: comparison.scenario,
    arms: Object.fromEntries(comparison.arms.map(({ id, arm }) => [id, arm])),
    seeds: SEEDS,
  });
  const figures = Object.fromEntries(
    Object.entries(arms).map(([id, { runs }]) => [id, runs.map((run) => readRun(comparison, run))]),
  );
  for (const goal of comparison.goals) {
    expect(judge(goal, comparison, figures), JSON.stringify(figures)).toMatchObject({ met: true });
  }
});
