// @ts-check
/**
 * Time a call in a service with little to do: 2,000 calls a second, each in a turn of the event loop
 * of its own. A library may do less a call while calls are frequent (read the clock once for many
 * of them, keep a timer armed); here it cannot. mitata times calls back to back only, so this loop is our
 * own. Each figure holds one reading of the clock, the bare arm's too.
 *
 * @module
 */

import { setImmediate as nextTick } from 'node:timers/promises';
import { median } from './stats.js';

const INTERVAL_MS = 0.5;

/**
 * @param {readonly { id: string, call: import('../types.d.ts').Call, callsEach: number }[]} subjects
 * @param {{ rounds: number, roundMs: number }} effort
 * @returns {Promise<Record<string, import('../types.d.ts').TimeSample>>}
 */
export async function timeQuietly(subjects, { rounds, roundMs }) {
  /** @type {Map<string, number[]>} */
  const samples = new Map(subjects.map(({ id }) => [id, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { id, call } of subjects) {
      const end = performance.now() + roundMs;
      for (let due = performance.now(); due < end; due += INTERVAL_MS) {
        while (performance.now() < due) await nextTick();
        const started = performance.now();
        await call();
        samples.get(id)?.push((performance.now() - started) * 1e6);
      }
    }
  }
  return Object.fromEntries(
    subjects.map(({ id, callsEach }) => {
      const all = samples.get(id) ?? [];
      const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
      return [id, { ns: median(all) / callsEach, mean: mean / callsEach }];
    }),
  );
}
