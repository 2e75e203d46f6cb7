import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { root } from './pages.js';

type Figures = Record<string, number>;
type PolicyResults = Record<string, Record<string, Figures[]>>;

interface Comparison {
  readonly id: string;
  readonly title: string;
  readonly arms: readonly { readonly id: string; readonly label: string }[];
  readonly shows: readonly (string | { readonly id: string })[];
  readonly goals: readonly { readonly arm: string; readonly figure: string }[];
  readonly seeds?: readonly number[];
}

interface Part {
  readonly id: string;
  readonly page: string;
  readonly comparisons: readonly Comparison[];
}

const bench = pathToFileURL(join(root, 'bench/goodput/'));
const module = async <T>(name: string): Promise<T> =>
  (await import(new URL(name, bench).href)) as T;

const { parts } = await module<{ readonly parts: readonly Part[] }>('policies/index.js');
const { figureOver, figuresOf, judge, readRun, textOf } = await module<{
  readonly figuresOf: (comparison: Comparison) => { readonly id: string }[];
  readonly figureOver: (figure: object, runs: readonly Figures[]) => number;
  readonly readRun: (comparison: Comparison, run: object) => Figures;
  readonly judge: (
    goal: object,
    comparison: Comparison,
    arms: Record<string, Figures[]>,
  ) => { readonly value: number; readonly met: boolean };
  readonly textOf: (unit: string, value: number) => string;
}>('policies/figures.js');
const { policiesOf } = await module<{
  readonly policiesOf: (results: PolicyResults | undefined) => string[];
}>('policies/section.js');

const comparisons = parts.flatMap((part) => part.comparisons);

describe('the comparisons of single policies', () => {
  it('have an id each, and a page that describes what they show', () => {
    const ids = comparisons.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, page } of parts) {
      expect(existsSync(join(root, 'docs', page)), `docs/${page} of ${id}`).toBe(true);
    }
  });

  it.each(comparisons.map((each) => [each.id, each] as const))(
    '%s has goals that are about its arms and its figures',
    (_id, comparison) => {
      const shown = figuresOf(comparison).map(({ id }) => id);
      const arms = comparison.arms.map(({ id }) => id);
      expect(new Set(shown).size).toBe(shown.length);
      expect(arms.length).toBeGreaterThan(1);
      expect(comparison.goals.length).toBeGreaterThan(0);
      for (const { arm, figure } of comparison.goals) {
        expect(arms).toContain(arm);
        expect(shown).toContain(figure);
      }
    },
  );

  it('are all in the results, once they have been run, with each arm and seed', async () => {
    const { parseResults } = await module<{
      readonly parseResults: (text: string) => {
        readonly seeds: number[];
        readonly policies?: PolicyResults;
      };
    }>('results.js');
    const text = readFileSync(join(root, 'bench/results/goodput.json'), 'utf8');
    const { policies, seeds } = parseResults(text);
    if (policies === undefined) return;
    expect(Object.keys(policies)).toEqual(comparisons.map(({ id }) => id));
    for (const comparison of comparisons) {
      const found = policies[comparison.id] ?? {};
      expect(Object.keys(found)).toEqual(comparison.arms.map(({ id }) => id));
      for (const runs of Object.values(found)) {
        expect(runs).toHaveLength((comparison.seeds ?? seeds).length);
        const shown = figuresOf(comparison).map(({ id }) => id);
        for (const run of runs) expect(Object.keys(run)).toEqual(shown);
      }
    }
  });
});

describe('what a comparison says', () => {
  const comparison: Comparison = {
    id: 'by-hand',
    title: 'By hand',
    arms: [
      { id: 'without', label: 'without' },
      { id: 'with', label: 'with' },
    ],
    shows: ['p99', 'back', 'served'],
    goals: [],
  };
  const arms = {
    without: [
      { p99: 100, back: 3 },
      { p99: 300, back: Infinity },
    ],
    with: [
      { p99: 80, back: 1 },
      { p99: 120, back: 2 },
    ],
  };

  it('is the mean of the seeds, or the worst of them where it is a time until goodput is back', () => {
    const goal = { arm: 'with', figure: 'p99' };
    expect(judge(goal, comparison, arms).value).toBe(100);
    expect(judge({ ...goal, figure: 'back' }, comparison, arms).value).toBe(2);
    expect(judge({ arm: 'without', figure: 'back', atMost: 9 }, comparison, arms).met).toBe(false);
  });

  it('is judged by a number, or by another arm', () => {
    const met = (limits: object): boolean =>
      judge({ arm: 'with', figure: 'p99', ...limits }, comparison, arms).met;
    expect(met({ atMost: 100 })).toBe(true);
    expect(met({ atMost: 99 })).toBe(false);
    expect(met({ atLeast: 101 })).toBe(false);
    expect(met({ atMost: { arm: 'without', times: 0.5 } })).toBe(true);
    expect(met({ atMost: { arm: 'without', times: 0.4 } })).toBe(false);
    expect(met({ atMost: { arm: 'without', plus: -100 } })).toBe(true);
    expect(met({ atLeast: { arm: 'without', times: 0.5, plus: 1 } })).toBe(false);
    expect(met({})).toBe(true);
  });

  it('is not met by a figure that there is none of', () => {
    const none = { ...arms, with: [{ back: 1 }, { back: 1 }] };
    const goal = { arm: 'with', figure: 'p99', atMost: 1_000 };
    expect(judge(goal, comparison, none as never).met).toBe(false);
  });

  it('names a figure or an arm that it lacks', () => {
    expect(() => judge({ arm: 'with', figure: 'p50' }, comparison, arms)).toThrow('no figure p50');
    expect(() => judge({ arm: 'x', figure: 'p99' }, comparison, arms)).toThrow('no arm x');
  });

  it('is read from the report of a run', () => {
    const run = {
      measures: { p99: 5, recovery: 4 },
      series: { calls: [10, 0, 30], goodput: [1, null, 0.5] },
    };
    expect(readRun(comparison, run)).toEqual({ p99: 5, back: 4, served: 25 / 40 });
    expect(figureOver({ id: 'p99' }, [{ p99: 5 }, { p99: 7 }])).toBe(6);
  });

  it.each([
    ['share', 0.99951, '>99.9%'],
    ['share', 1, '100%'],
    ['share', 0.0004, '<0.1%'],
    ['share', 0.123, '12.3%'],
    ['ms', 99.6, '100 ms'],
    ['s', Infinity, 'never'],
    ['times', 1.049, '1.05x'],
    ['number', Number.NaN, '-'],
  ])('is written in its unit: %s %d', (unit, value, text) => {
    expect(textOf(unit, value)).toBe(text);
  });

  it('is not on the page as long as it has not been run', () => {
    expect(policiesOf(undefined)).toEqual([]);
    expect(policiesOf({})).toEqual([]);
  });
});
