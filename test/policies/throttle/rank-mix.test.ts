import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RankMix } from '../../../src/policies/throttle/rank-mix.js';

const MOST = 0.9;
const rank = fc.nat({ max: 9 });

it('K5: all calls together are refused with the probability that the formula says, the least important first', () => {
  fc.assert(
    fc.property(
      fc.array(rank, { minLength: 1, maxLength: 1_000, size: 'max' }),
      fc.double({ min: 0, max: MOST, noNaN: true }),
      (ranks, probability) => {
        const mix = new RankMix();
        const counts = new Array(10).fill(0);
        let total = 0;
        for (const each of ranks) {
          mix.add(each);
          counts[each]++;
          if (++total < 256) continue;
          total /= 2;
          for (let i = 0; i < 10; i++) counts[i] /= 2;
        }
        const each = counts.map((_, i) => mix.probabilityOf(i, probability, MOST));
        const all = each.reduce((sum, p, i) => sum + (p * counts[i]) / total, 0);
        expect(all).toBeCloseTo(probability, 9);
        for (const [i, p] of each.entries()) {
          expect(p).toBeGreaterThanOrEqual(0);
          expect(p).toBeLessThanOrEqual(MOST);
          // More important ones are refused only where less important ones are as often as may be.
          if (p > 1e-12) for (const less of each.slice(0, i)) expect(less).toBe(MOST);
        }
      },
    ),
  );
});

it('K5: where all calls are alike, each is refused with that probability', () => {
  for (let of = 0; of < 10; of++) {
    const mix = new RankMix();
    expect(mix.probabilityOf(of, 0.5, MOST)).toBe(0.5);
    for (let i = 0; i < 1_000; i++) mix.add(of);
    expect(mix.probabilityOf(of, 0.5, MOST)).toBeCloseTo(0.5, 12);
  }
});

it('K5: the mix follows the calls of late', () => {
  const mix = new RankMix();
  for (let i = 0; i < 1_000; i++) mix.add(1);
  for (let i = 0; i < 1_000; i++) mix.add(5);
  expect(mix.probabilityOf(5, 0.5, MOST)).toBeGreaterThan(0.45);
});
