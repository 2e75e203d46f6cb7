import { simulate } from 'holdfast/simulator';
import { describe, expect, it } from 'vitest';
import type { Comparison, Figures, Goal } from '../../../bench/goodput/policies/types.js';

const folder = new URL('../../../bench/goodput/policies/', import.meta.url).href;
const { comparisons } = (await import(`${folder}everything.js`)) as {
  readonly comparisons: readonly Comparison[];
};
const { judge, readRun } = (await import(`${folder}figures.js`)) as {
  judge(goal: Goal, comparison: Comparison, arms: Record<string, readonly Figures[]>): object;
  readRun(comparison: Comparison, run: unknown): Figures;
};

const IDS = ['everything-half-fail-100', 'everything-one-of-eight-fails'];

/** Two of those of docs/goodput.md, with a shorter calm before and after. */
const shortened = comparisons
  .filter(({ id }) => IDS.includes(id))
  .map(({ scenario, ...comparison }) => ({
    ...comparison,
    scenario: {
      ...scenario,
      arrivals: '30s' as const,
      triggers: (scenario.triggers ?? []).map((trigger) => ({
        ...trigger,
        at: '8s' as const,
        lasts: '8s' as const,
        varies: 0,
      })),
    },
  }));

describe('all policies together', () => {
  it('are in the comparisons', () => {
    expect(shortened.map(({ id }) => id).sort()).toEqual([...IDS].sort());
  });

  it.each(shortened.map((each) => [each.id, each] as const))(
    'serve no less than standard() alone: %s',
    async (_id, comparison) => {
      const arms = Object.fromEntries(comparison.arms.map(({ id, arm }) => [id, arm]));
      const report = await simulate({ scenario: comparison.scenario, arms, seeds: [1] });
      const figures = Object.fromEntries(
        Object.keys(arms).map((id) => [
          id,
          (report.arms[id]?.runs ?? []).map((run) => readRun(comparison, run)),
        ]),
      );
      for (const goal of comparison.goals) {
        expect({ goal, ...judge(goal, comparison, figures) }).toMatchObject({ met: true });
      }
    },
    60_000,
  );
});
