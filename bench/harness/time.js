// @ts-check
/**
 * Time a call, by mitata.
 *
 * mitata decides from one cold call whether it may time calls in batches; a slow first call makes it
 * time each call alone, clock readings included. So the batch is fixed here: about 4 ms long, which
 * holds a few young-generation collections, whose cost therefore belongs to every sample. The
 * median over the batches leaves out what other processes did to single ones.
 *
 * @module
 */

import { setImmediate as nextTick } from 'node:timers/promises';
import { measure } from 'mitata';
import { median } from './stats.js';

const BATCH_NS = 4e6;
const MAX_BATCH = 32_768;
const OTHERS_BEFORE = 5_000;
const OTHERS_BETWEEN = 50;

/** Processor time of all threads of the process, in ns. */
function cpuNow() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e3;
}

/**
 * @typedef {object} Effort
 * @property {number} rounds how often all arms are measured, one after the other
 * @property {number} roundMs how long an arm is measured in a round
 * @property {number} warmUpMs how long an arm runs before anything is measured
 * @property {(calls: number) => Promise<void>} others calls the pipelines that are no arms, each so often
 * @property {boolean} cpu whether processor time is measured instead of the time that passes
 */

/**
 * @param {readonly { id: string, call: import('../types.d.ts').Call, callsEach: number }[]} subjects
 * @param {Effort} effort
 * @returns {Promise<Record<string, import('../types.d.ts').TimeSample>>}
 */
export async function timeAll(subjects, effort) {
  const batches = new Map();
  await effort.others(OTHERS_BEFORE);
  // All arms are warm before the first is measured: none is timed with code that another one's
  // first calls will deoptimize.
  for (let round = 0; round < 3; round++) {
    for (const { id, call } of subjects) {
      batches.set(id, await warmUp(call, effort.warmUpMs / 3));
      await nextTick();
    }
  }

  /** @type {Map<string, { p50: number[], mean: number[] }>} */
  const samples = new Map(subjects.map(({ id }) => [id, { p50: [], mean: [] }]));
  for (let round = 0; round < effort.rounds; round++) {
    for (const { id, call } of subjects) {
      const batch = batches.get(id);
      await effort.others(OTHERS_BETWEEN);
      // Connections that were closed while other arms were measured are opened again.
      await call();
      const stats = await measure(call, {
        batch_samples: batch,
        batch_unroll: batch % 4 === 0 ? 4 : 1,
        batch_threshold: Number.POSITIVE_INFINITY,
        warmup_threshold: Number.POSITIVE_INFINITY,
        min_samples: 5,
        min_cpu_time: effort.roundMs * 1e6,
        ...(effort.cpu && { now: cpuNow }),
      });
      samples.get(id)?.p50.push(stats.p50);
      samples.get(id)?.mean.push(stats.avg);
      // Timers and finalizers run between the rounds, as they do in a service.
      await nextTick();
    }
  }

  return Object.fromEntries(
    subjects.map(({ id, callsEach }) => {
      const { p50, mean } = samples.get(id) ?? { p50: [], mean: [] };
      return [id, { ns: median(p50) / callsEach, mean: median(mean) / callsEach }];
    }),
  );
}

/**
 * Runs the call for a while and answers how many of them make a batch.
 * @param {import('../types.d.ts').Call} call
 * @param {number} ms
 */
async function warmUp(call, ms) {
  let count = 0;
  let fastest = Number.POSITIVE_INFINITY;
  const end = performance.now() + ms;
  for (let now = performance.now(); now < end; ) {
    const chunk = Math.max(1, Math.min(256, Math.round(2 / fastest)));
    for (let i = 0; i < chunk; i++) await call();
    const then = performance.now();
    fastest = Math.min(fastest, (then - now) / chunk);
    count += chunk;
    now = then;
  }
  const wanted = count === 0 ? 1 : BATCH_NS / (fastest * 1e6);
  return wanted < 4
    ? Math.max(1, Math.round(wanted))
    : Math.min(MAX_BATCH, Math.round(wanted / 4) * 4);
}
