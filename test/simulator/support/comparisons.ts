import type { Scenario } from 'holdfast/simulator';
import { simulate } from 'holdfast/simulator';
import { expect } from 'vitest';
import type { Comparison, Figures, Goal } from '../../../bench/goodput/policies/types.js';

/** The comparisons of docs/goodput.md are JavaScript. A project of their own checks it, so their types are told here. */
const load = async <T>(name: string): Promise<T> =>
  (await import(new URL(`../../../bench/goodput/policies/${name}.js`, import.meta.url).href)) as T;

const { judge, readRun } = await load<{
  judge(goal: Goal, of: Comparison, arms: Record<string, readonly Figures[]>): { met: boolean };
  readRun(comparison: Comparison, run: unknown): Figures;
}>('figures');

/** What is compared in one part of the page, as `it.each` takes it. */
export async function comparisonsOf(part: string): Promise<readonly [string, Comparison][]> {
  const { comparisons } = await load<{ readonly comparisons: readonly Comparison[] }>(part);
  return comparisons.map((each) => [each.id, each]);
}

/** Runs some arms through the situation of a comparison. Returns their figures, and what the goals come to. */
export async function run(
  comparison: Comparison,
  { changes = {}, seeds = [1, 2, 3], only = comparison.arms.map(({ id }) => id) }: RunOptions = {},
) {
  const compared = comparison.arms.filter(({ id }) => only.includes(id));
  const scenario = { ...comparison.scenario, ...changes };
  const arms = Object.fromEntries(compared.map(({ id, arm }) => [id, arm]));
  const report = await simulate({ scenario, arms, seeds });
  const figures: Record<string, Figures[]> = {};
  for (const { id } of compared) {
    figures[id] = (report.arms[id]?.runs ?? []).map((each) => readRun(comparison, each));
  }
  const asked = comparison.goals.filter(({ arm }) => only.includes(arm));
  const goals = asked.map((goal) => ({ goal, ...judge(goal, comparison, figures) }));
  return { figures, goals };
}

interface RunOptions {
  /** What is different from the page: it is shorter. */
  readonly changes?: Partial<Scenario>;
  readonly seeds?: number[];
  readonly only?: readonly string[];
}

/** That a comparison has so many goals at least, and meets them all. */
export async function meetsGoals(
  comparison: Comparison,
  least: number,
  options?: RunOptions,
): Promise<void> {
  const { figures, goals } = await run(comparison, options);
  expect(goals.length).toBeGreaterThanOrEqual(least);
  for (const goal of goals) expect(goal, JSON.stringify(figures)).toMatchObject({ met: true });
}
