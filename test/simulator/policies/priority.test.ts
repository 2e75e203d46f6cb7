import { simulate } from 'holdfast/simulator';
import { describe, expect, it } from 'vitest';
import type { Comparison, Figures, Goal } from '../../../bench/goodput/policies/types.js';

const folder = new URL('../../../bench/goodput/policies/', import.meta.url).href;
const { comparisons } = (await import(`${folder}priority.js`)) as {
  readonly comparisons: readonly Comparison[];
};
const { judge, readRun } = (await import(`${folder}figures.js`)) as {
  judge(goal: Goal, comparison: Comparison, arms: Record<string, readonly Figures[]>): object;
  readRun(comparison: Comparison, run: unknown): Figures;
};

/** The comparisons of docs/goodput.md, with less calm afterwards. */
const shorter = { arrivals: '60s' } as const;

describe('K2, K3: in overload, important calls are answered, the least important get their share, and all together are not fewer', () => {
  it.each(comparisons.map((each) => [each.id, each] as const))(
    'K2, K3: %s',
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
