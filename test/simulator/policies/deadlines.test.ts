import { simulate } from 'holdfast/simulator';
import { describe, expect, it } from 'vitest';
import type { Comparison, Figures, Goal } from '../../../bench/goodput/policies/types.js';

const folder = new URL('../../../bench/goodput/policies/', import.meta.url).href;
const { comparisons } = (await import(`${folder}deadlines.js`)) as {
  readonly comparisons: readonly Comparison[];
};
const { judge, readRun } = (await import(`${folder}figures.js`)) as {
  judge(goal: Goal, comparison: Comparison, arms: Record<string, readonly Figures[]>): object;
  readRun(comparison: Comparison, run: unknown): Figures;
};

/** The comparisons of docs/goodput.md, with a shorter calm before and after. */
const shorter = {
  arrivals: '36s',
  triggers: [{ kind: 'slowdown', factor: 10, at: '10s', lasts: '8s' }],
} as const;

describe('D9: servers that are told what is left waste less, and serve more', () => {
  it.each(comparisons.map((each) => [each.id, each] as const))(
    'D9: %s',
    async (_id, comparison) => {
      const arms = Object.fromEntries(comparison.arms.map(({ id, arm }) => [id, arm]));
      const scenario = { ...comparison.scenario, ...shorter };
      const report = await simulate({ scenario, arms, seeds: [1, 2, 3] });
      const figures = Object.fromEntries(
        Object.keys(arms).map((id) => [
          id,
          (report.arms[id]?.runs ?? []).map((run) => readRun(comparison, run)),
        ]),
      );
      expect(comparison.goals.length).toBeGreaterThan(2);
      for (const goal of comparison.goals) {
        expect({ goal, ...judge(goal, comparison, figures) }).toMatchObject({ met: true });
      }
    },
    60_000,
  );
});
