import { describe, expect, it } from 'vitest';
import { Chance } from '../../src/simulator/chance.js';

const many = <T>(n: number, next: () => T): T[] => Array.from({ length: n }, next);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('chance', () => {
  it('is from 0 to below 1, evenly', () => {
    const chance = new Chance(1, 0);
    const values = many(100_000, () => chance.next());
    expect(Math.min(...values.slice(0, 50_000))).toBeGreaterThanOrEqual(0);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(mean(values)).toBeCloseTo(0.5, 2);
    const tenths = new Array<number>(10).fill(0);
    for (const value of values) tenths[Math.floor(value * 10)]! += 1;
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it('is the same for the same seed and purpose, and another one for others', () => {
    const first = (seed: number, purpose: number): number[] => {
      const chance = new Chance(seed, purpose);
      return many(5, () => chance.next());
    };
    expect(first(7, 2)).toEqual(first(7, 2));
    const all = [first(7, 2), first(7, 3), first(8, 2), first(0, 0), first(0, 1), first(1, 0)];
    expect(new Set(all.flat()).size).toBe(30);
  });

  it('has exponential numbers with the mean asked for, and as much spread', () => {
    const chance = new Chance(3, 1);
    const values = many(100_000, () => chance.exponential(20));
    const average = mean(values);
    expect(average / 20).toBeCloseTo(1, 1.7);
    const variance = mean(values.map((value) => (value - average) ** 2));
    expect(Math.sqrt(variance) / 20).toBeCloseTo(1, 1.5);
    expect(values.every((value) => value >= 0 && value < Infinity)).toBe(true);
  });

  it('picks whole numbers below n', () => {
    const chance = new Chance(3, 1);
    expect(new Set(many(1_000, () => chance.below(8)))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  });
});
