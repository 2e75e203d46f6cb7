// @ts-check
/**
 * Time a call in a service with little to do: a few hundred or thousand calls a second, each in a turn of the event loop
 * of its own. A library may do less a call while calls are frequent (read the clock once for many
 * of them, keep a timer armed); here it cannot. mitata times calls back to back only, so this loop is our
 * own. Each figure holds one reading of the clock, the bare arm's too.
 *
 * The arms are a path, and so a process, of their own: nothing else is measured while they wait.
 *
 * @module
 */

import { setImmediate as nextTick } from 'node:timers/promises';
import { median } from './stats.js';

/** A service has run for a while: its code is optimized, only its calls are rare. */
const WARM_UP_CALLS = 20_000;
const CALLS_A_TURN = 50;

/**
 * @typedef {object} QuietEffort
 * @property {number} rounds how often all arms are measured, one after the other
 * @property {number} callsARound
 * @property {boolean} smoke
 */

/**
 * @param {readonly { id: string, call: import('../types.d.ts').Call, callsEach: number, everyMs: number }[]} subjects
 * @param {QuietEffort} effort
 * @returns {Promise<Record<string, import('../types.d.ts').TimeSample>>}
 */
export async function timeQuietly(subjects, { rounds, callsARound, smoke }) {
  for (const { call } of subjects) {
    for (let i = 0; i < (smoke ? CALLS_A_TURN : WARM_UP_CALLS); i++) {
      await call();
      if (i % CALLS_A_TURN === 0) await nextTick();
    }
  }
  /** @type {Map<string, number[]>} */
  const samples = new Map(subjects.map(({ id }) => [id, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { id, call, everyMs } of subjects) {
      let due = performance.now();
      for (let i = 0; i < callsARound; i++, due += everyMs) {
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
