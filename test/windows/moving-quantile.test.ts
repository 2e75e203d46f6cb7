import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEAST_SAMPLES, MovingQuantile } from '../../src/windows/moving-quantile.js';
import { chanceFrom } from '../policies/hedge/support.js';

/** Latencies of a service: a typical time, and a tail. */
const exponential = (chance: () => number, meanMs: number) => -meanMs * Math.log(1 - chance());

function fed(share: number, count: number, sample: () => number): MovingQuantile {
  const quantile = new MovingQuantile(share);
  for (let i = 0; i < count; i++) quantile.add(sample());
  return quantile;
}

describe('a moving quantile', () => {
  it('knows nothing until 20 samples are in, and then their exact quantile', () => {
    const quantile = new MovingQuantile(0.95);
    for (let i = LEAST_SAMPLES; i > 1; i--) quantile.add(i);
    expect([quantile.value, quantile.samples]).toEqual([undefined, 19]);
    quantile.add(1);
    expect(quantile.value).toBeCloseTo(19, 9);
    expect(quantile.samples).toBe(20);
  });

  it.each([0.5, 0.9, 0.95, 0.99])(
    'H1: of a steady distribution, a share of %s lies below it',
    (share) => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.boolean(), (seed, heavy) => {
          const chance = chanceFrom(seed);
          const sample = heavy
            ? () => (chance() < 0.04 ? 1_000 : 50) * (0.8 + 0.4 * chance())
            : () => exponential(chance, 20);
          const quantile = fed(share, 1_000, sample);
          let below = 0;
          const count = 4_000;
          for (let i = 0; i < count; i++) {
            const each = sample();
            if (each <= (quantile.value as number)) below++;
            quantile.add(each);
          }
          // It moves back and forth between two bounds, so its errors add up to no more than these.
          expect(Math.abs(below / count - share)).toBeLessThan(0.02);
        }),
        { numRuns: 30 },
      );
    },
  );

  it('H1: is near the exact quantile of the latest samples', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const chance = chanceFrom(seed);
      const all: number[] = [];
      const quantile = fed(0.95, 2_000, () => {
        const each = 10 + exponential(chance, 20);
        all.push(each);
        return each;
      });
      const exact = all.slice(-200).sort((a, b) => a - b)[189] as number;
      expect((quantile.value as number) / exact).toBeGreaterThan(0.6);
      expect((quantile.value as number) / exact).toBeLessThan(1.6);
    }
  });

  it('H7: follows latencies that double, and that jump tenfold, within some tens of samples', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const chance = chanceFrom(seed);
      let factor = 1;
      const sample = () => factor * 50 * (0.8 + 0.4 * chance());
      const quantile = fed(0.95, 500, sample);
      factor = 2;
      for (let i = 0; i < 20; i++) quantile.add(sample());
      expect(quantile.value).toBeGreaterThan(80);
      factor = 20;
      for (let i = 0; i < 60; i++) quantile.add(sample());
      expect(quantile.value).toBeGreaterThan(800);
      // Downwards it takes longer: one in 20 is above it anyway.
      factor = 1;
      for (let i = 0; i < 1_500; i++) quantile.add(sample());
      expect(quantile.value).toBeLessThan(80);
    }
  });

  it('moves as quickly as any at first, and then goes by as many times more samples as it is told', () => {
    const [quick, slow] = [new MovingQuantile(0.5), new MovingQuantile(0.5, 100)];
    const both = (sample: number, times: number): number[] => {
      for (let i = 0; i < times; i++) for (const each of [quick, slow]) each.add(sample);
      return [Math.log(quick.value as number), Math.log(slow.value as number)];
    };
    both(1, LEAST_SAMPLES);
    // Half of a step of 0.1 each.
    for (const log of both(1e9, 10)) expect(log).toBeCloseTo(0.5, 9);
    // From here on the steps of the slow one shrink, down to a hundredth.
    const [, before = 0] = both(1e9, 2_000);
    const [, after = 0] = both(1e9, 10);
    expect(after - before).toBeCloseTo(0.005, 9);
  });

  it('counts a sample at the estimate as one below it', () => {
    const quantile = fed(0.95, LEAST_SAMPLES, () => 100);
    expect(quantile.value).toBeCloseTo(100, 9);
    quantile.add(100);
    expect(quantile.value).toBeCloseTo(100 * Math.exp(-0.1 * 0.05), 9);
  });

  it('takes any number, and stays a number', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: 0, max: 1e12 }), { minLength: 20 }),
        (all) => {
          const quantile = new MovingQuantile(0.95);
          for (const each of all) quantile.add(each);
          expect(quantile.value).toBeGreaterThan(0);
          expect(quantile.value).toBeLessThan(Infinity);
        },
      ),
    );
  });
});
