import { ejection, keyed, pipeline, timeout } from 'holdfast';
import type { Arm } from 'holdfast/simulator';
import { simulate } from 'holdfast/simulator';
import { describe, expect, it } from 'vitest';
import type { Figures } from '../../../bench/goodput/policies/types.js';
import { comparisonsOf, run } from '../support/comparisons.js';

const SEEDS = [1, 2, 3];
const comparisons = new Map(await comparisonsOf('ejection'));

function figuresOf(id: string, only: readonly string[]) {
  const comparison = comparisons.get(id);
  if (comparison === undefined) throw new Error(`no ${id}`);
  return run(comparison, { only, seeds: SEEDS });
}

describe('one bad server of eight', () => {
  it('E9: it fails: at least 99% are answered from two seconds after its begin on', async () => {
    const { figures } = await figuresOf('ejection-errors', ['without', 'with']);
    for (const { soon } of figures['with'] as Figures[]) expect(soon).toBeGreaterThanOrEqual(0.99);
    for (const { soon } of figures['without'] as Figures[]) expect(soon).toBeLessThan(0.95);
  }, 180_000);

  it.each(['ejection-swallows', 'ejection-slow'])(
    'E9: the same for %s',
    async (id) => {
      const { figures } = await figuresOf(id, ['with']);
      expect(figures['with']?.length).toBe(SEEDS.length);
      for (const { soon } of figures['with'] as Figures[])
        expect(soon).toBeGreaterThanOrEqual(0.99);
    },
    180_000,
  );

  it('E9: it fails half of its calls: found by its rate, sooner if fewer calls are needed', async () => {
    const { figures, goals } = await figuresOf('ejection-half', ['with', 'fewer']);
    for (const { soon } of figures['with'] as Figures[]) expect(soon).toBeGreaterThanOrEqual(0.98);
    for (const { soon } of figures['fewer'] as Figures[]) expect(soon).toBeGreaterThanOrEqual(0.99);
    expect(goals.map(({ met }) => met)).toEqual([true, true]);
  }, 180_000);

  it('E2: all eight half fail: nothing is lost by ejection, and all is well afterwards', async () => {
    const { goals } = await figuresOf('ejection-all', ['without', 'with']);
    expect(goals.map(({ met }) => met)).toEqual([true, true]);
  }, 180_000);

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
  }, 180_000);
});
