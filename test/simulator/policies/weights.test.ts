import { simulate } from 'holdfast/simulator';
import { describe, expect, it } from 'vitest';
import type { Comparison, Figures, Goal } from '../../../bench/goodput/policies/types.js';

const folder = new URL('../../../bench/goodput/policies/', import.meta.url).href;
const { comparisons } = (await import(`${folder}weights.js`)) as {
  readonly comparisons: readonly Comparison[];
};
const { judge, readRun } = (await import(`${folder}figures.js`)) as {
  judge(goal: Goal, comparison: Comparison, arms: Record<string, readonly Figures[]>): object;
  readRun(comparison: Comparison, run: unknown): Figures;
};

describe('L4, L6: who counts what the upstream counts is not refused, and serves more', () => {
  it.each(comparisons.map((each) => [each.id, each] as const))(
    'L4, L6: %s',
    async (_id, comparison) => {
      const arms = Object.fromEntries(comparison.arms.map(({ id, arm }) => [id, arm]));
      const scenario = { ...comparison.scenario, arrivals: '30s' as const };
      const report = await simulate({ scenario, arms, seeds: [1, 2, 3] });
      const figures = Object.fromEntries(
        Object.keys(arms).map((id) => [
          id,
          (report.arms[id]?.runs ?? []).map((run) => readRun(comparison, run)),
        ]),
      );
      expect(comparison.goals.length).toBeGreaterThan(1);
      for (const goal of comparison.goals) {
        expect({ goal, ...judge(goal, comparison, figures) }).toMatchObject({ met: true });
      }
    },
    60_000,
  );
});
