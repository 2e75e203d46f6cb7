import type { Measures } from './measures.js';

/** The means of the measures of several runs. NaN values are left out. A run that never recovers makes `recovery` infinite. */
export function summaryOf(runs: readonly Measures[]): Measures {
  const mean = (name: keyof Measures): number => {
    const values = runs.map((measures) => measures[name]).filter((value) => !Number.isNaN(value));
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return {
    before: mean('before'),
    during: mean('during'),
    after: mean('after'),
    recovery: mean('recovery'),
    lost: mean('lost'),
    amplification: mean('amplification'),
    wasted: mean('wasted'),
    p50: mean('p50'),
    p99: mean('p99'),
  };
}
