import type { Priority } from '../pipeline/contract/call-traits.js';
import { priorities } from '../pipeline/contract/call-traits.js';
import type { ClassMeasures, Measures } from './measures.js';

/** The means of the measures of several runs. NaN values are left out. A run that never recovers makes `recovery` infinite. */
export function summaryOf(runs: readonly Measures[]): Measures {
  const mean = (name: keyof Measures): number => meanOf(runs.map((run) => run[name]));
  const [first] = runs;
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
    p99During: mean('p99During'),
    ...(first?.overQuota === undefined ? {} : { overQuota: mean('overQuota') }),
    ...(first?.expired === undefined ? {} : { expired: mean('expired') }),
  };
}

/** The same for the classes of calls. `undefined` where calls have no class. */
export function classesOf(
  runs: readonly (Partial<Record<Priority, ClassMeasures>> | undefined)[],
): Partial<Record<Priority, ClassMeasures>> | undefined {
  const summary: Partial<Record<Priority, ClassMeasures>> = {};
  for (const priority of priorities) {
    const some = runs.flatMap((run) => run?.[priority] ?? []);
    if (some.length === 0) continue;
    const mean = (name: keyof ClassMeasures): number => meanOf(some.map((each) => each[name]));
    summary[priority] = {
      calls: mean('calls'),
      before: mean('before'),
      during: mean('during'),
      after: mean('after'),
    };
  }
  return Object.keys(summary).length === 0 ? undefined : summary;
}

function meanOf(all: readonly (number | undefined)[]): number {
  const values = all.filter((value) => value !== undefined && !Number.isNaN(value)) as number[];
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
