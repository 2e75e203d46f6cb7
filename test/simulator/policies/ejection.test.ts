import { ejection, keyed, pipeline, timeout } from 'holdfast';
import type { Arm, RunReport } from 'holdfast/simulator';
import { simulate } from 'holdfast/simulator';
import { describe, expect, it } from 'vitest';

type Comparison = import('../../../bench/goodput/policies/types.js').Comparison;
type Goal = import('../../../bench/goodput/policies/types.js').Goal;
type Figures = import('../../../bench/goodput/policies/types.js').Figures;

/** The comparisons of docs/goodput.md. They are JavaScript, which TypeScript does not read here. */
const load = async <T>(name: string): Promise<T> =>
  (await import(new URL(`../../../bench/goodput/policies/${name}`, import.meta.url).href)) as T;
const { comparisons } = await load<{ comparisons: readonly Comparison[] }>('ejection.js');
const { judge, readRun } = await load<{
  readRun(comparison: Comparison, run: RunReport): Figures;
  judge(goal: Goal, of: Comparison, arms: Record<string, readonly Figures[]>): { met: boolean };
}>('figures.js');

const SEEDS = [1, 2, 3];

async function figuresOf(id: string, arms: readonly string[]) {
  const comparison = comparisons.find((each) => each.id === id);
  if (comparison === undefined) throw new Error(`no ${id}`);
  const compared = comparison.arms.filter((each) => arms.includes(each.id));
  const { scenario } = comparison;
  const report = await simulate({
    scenario,
    arms: Object.fromEntries(compared.map((each) => [each.id, each.arm])),
    seeds: SEEDS,
  });
  const figures = Object.fromEntries(
    compared.map((each) => [
      each.id,
      (report.arms[each.id]?.runs ?? []).map((run) => readRun(comparison, run)),
    ]),
  );
  const goals = comparison.goals.filter((goal) => arms.includes(goal.arm));
  return { figures, goals: goals.map((goal) => judge(goal, comparison, figures)) };
}

describe('one bad server of eight', () => {
  it('E9: it fails: at least 99% are answered from two seconds after its begin on', async () => {
    const { figures } = await figuresOf('ejection-errors', ['without', 'with']);
    for (const { soon } of figures['with'] as Figures[]) expect(soon).toBeGreaterThanOrEqual(0.99);
    for (const { soon } of figures['without'] as Figures[]) expect(soon).toBeLessThan(0.95);
  }, 60_000);

  it.each(['ejection-swallows', 'ejection-slow'])(
    'E9: the same for %s',
    async (id) => {
      const { figures } = await figuresOf(id, ['with']);
      expect(figures['with']?.length).toBe(SEEDS.length);
      for (const { soon } of figures['with'] as Figures[])
        expect(soon).toBeGreaterThanOrEqual(0.99);
    },
    60_000,
  );

  it('E9: it fails half of its calls: found by its rate, sooner if fewer calls are needed', async () => {
    const { figures, goals } = await figuresOf('ejection-half', ['with', 'fewer']);
    for (const { soon } of figures['with'] as Figures[]) expect(soon).toBeGreaterThanOrEqual(0.98);
    for (const { soon } of figures['fewer'] as Figures[]) expect(soon).toBeGreaterThanOrEqual(0.99);
    expect(goals.map(({ met }) => met)).toEqual([true, true]);
  }, 60_000);

  it('E2: all eight half fail: nothing is lost by ejection, and all is well afterwards', async () => {
    const { goals } = await figuresOf('ejection-all', ['without', 'with']);
    expect(goals.map(({ met }) => met)).toEqual([true, true]);
  }, 60_000);

  it('E5: it is left out while it fails, and used again when its time is over', async () => {
    const servers = Array.from({ length: 8 }, (_, i) => String(i));
    const asked: { at: number; server: string }[] = [];
    const arm: Arm = ({ clock, random, deadline }) => {
      const policies = [timeout(deadline / 4), ejection({ ejectFor: '2s', random })];
      const each = pipeline({ name: 'each', clock, telemetry: false }, ...policies);
      const byServer = keyed(each, { random });
      const begin = clock.now();
      return {
        execute: (operation, { signal }) => {
          const server = byServer.pick(servers);
          asked.push({ at: clock.now() - begin, server });
          return byServer.execute(
            server,
            (context) => operation({ signal: context.signal, server: Number(server) }),
            { signal },
          );
        },
      };
    };
    await simulate({
      scenario: {
        name: 'one of eight fails for a while',
        clients: 4,
        servers: 8,
        load: 0.3,
        arrivals: '14s',
        triggers: [{ kind: 'errors', share: 1, servers: 1, at: '3s', lasts: '3s' }],
      },
      arms: { arm },
      seeds: [1],
    });
    const shareIn = (from: number, to: number): number => {
      const calls = asked.filter(({ at }) => at >= from && at < to);
      return calls.filter(({ server }) => server === '0').length / calls.length;
    };
    expect(shareIn(0, 3_000)).toBeGreaterThan(0.09);
    expect(shareIn(4_000, 5_000)).toBeLessThan(0.03);
    expect(shareIn(12_000, 14_000)).toBeGreaterThan(0.09);
  }, 60_000);
});
