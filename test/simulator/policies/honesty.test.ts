import { simulate } from 'holdfast/simulator';
import { expect, it } from 'vitest';
import type { Comparison } from '../../../bench/goodput/policies/types.js';

const file = new URL('../../../bench/goodput/policies/honesty.js', import.meta.url).href;
const { comparisons } = (await import(file)) as { comparisons: readonly Comparison[] };
const [pauses] = comparisons;

it('O1: what is lost while the clients block their own event loop is hardly more than nothing', async () => {
  const { scenario, arms } = pauses as NonNullable<typeof pauses>;
  const report = await simulate({
    scenario: {
      ...scenario,
      arrivals: 20_000,
      triggers: [{ kind: 'pause', at: 4_000, lasts: 600, every: 2_000, times: 5 }],
    },
    arms: Object.fromEntries(arms.map(({ id, arm }) => [id, arm])),
    seeds: [1, 2, 3],
  });
  const during = (arm: string) => report.arms[arm]?.summary.during ?? Number.NaN;
  expect(during('with')).toBeGreaterThan(0.99);
  expect(during('without')).toBeLessThan(0.97);
}, 180_000);
