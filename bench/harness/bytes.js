// @ts-check
/**
 * Bytes allocated a call.
 *
 * A heap difference is the sum of what was allocated only when nothing was collected meanwhile, so
 * the process that measures bytes gets a young generation of 256 MiB (see processes.js), collects
 * before each measurement, makes few enough calls, and throws a measurement away when a collection
 * fell into it. mitata's heap figure has no such guard: with the default young generation it shows
 * about a fifth of what a call of cockatiel allocates. Here it is taken under the same conditions, and
 * stands beside the counted figure as a second opinion.
 *
 * @module
 */

import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTick } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { measure } from 'mitata';
import { median } from './stats.js';

const WARM_UP_CALLS = 30_000;
const WARM_UP_MS = 300;
const CALLS = 8_192;
/** Bytes that a measurement allocates at most: well below the young generation. */
const ROOM = 100e6;
/** After a collection the next try makes half as many calls: they allocate more than the young generation holds. */
const LEAST_CALLS = 32;
const MAX_TRIES = 30;
const REPEATS = 5;

const heapUsed = () => getHeapStatistics().used_heap_size;

/**
 * @param {readonly { id: string, call: import('../types.d.ts').Call, callsEach: number }[]} subjects
 * @param {{ quick: boolean }} options
 * @returns {Promise<Record<string, import('../types.d.ts').BytesSample>>}
 */
export async function weighAll(subjects, { quick }) {
  const collections = watchCollections();
  /** @type {Record<string, import('../types.d.ts').BytesSample>} */
  const result = {};
  for (const { call } of subjects) {
    const end = performance.now() + (quick ? 10 : WARM_UP_MS);
    for (let i = 0; i < WARM_UP_CALLS && performance.now() < end; i++) await call();
    await nextTick();
  }
  for (const { id, call, callsEach } of subjects) {
    const wanted = quick ? 1 : REPEATS;
    const counted = [];
    // What a few calls take tells how many fit.
    const each = (await weigh(call, LEAST_CALLS, collections)) ?? 0;
    const fitting = Math.max(LEAST_CALLS, Math.min(CALLS, Math.floor(ROOM / each)));
    let calls = quick ? Math.min(256, fitting) : fitting;
    for (let tries = 0; counted.length < wanted && tries < MAX_TRIES; tries++) {
      const bytes = await weigh(call, calls, collections);
      if (bytes !== undefined) counted.push(bytes);
      else calls = Math.max(LEAST_CALLS, calls >> 1);
    }
    if (counted.length === 0) throw new Error(`${id}: every measurement was cut by a collection`);
    result[id] = {
      bytes: median(counted) / callsEach,
      mitata: (await byMitata(call, calls, wanted)) / callsEach,
    };
  }
  collections.stop();
  return result;
}

/**
 * @param {import('../types.d.ts').Call} call
 * @param {number} calls
 * @param {{ count(): Promise<number> }} collections
 */
async function weigh(call, calls, collections) {
  globalThis.gc?.();
  const before = await collections.count();
  const start = heapUsed();
  for (let i = 0; i < calls; i++) await call();
  const bytes = (heapUsed() - start) / calls;
  return (await collections.count()) === before ? bytes : undefined;
}

/**
 * @param {import('../types.d.ts').Call} call
 * @param {number} calls
 * @param {number} repeats
 */
async function byMitata(call, calls, repeats) {
  const stats = await measure(call, {
    heap: heapUsed,
    inner_gc: true,
    batch_samples: calls,
    batch_unroll: 1,
    batch_threshold: Number.POSITIVE_INFINITY,
    warmup_threshold: Number.POSITIVE_INFINITY,
    min_samples: repeats,
    max_samples: repeats,
    min_cpu_time: 0,
  });
  return stats.heap?.avg ?? Number.NaN;
}

function watchCollections() {
  let seen = 0;
  const observer = new PerformanceObserver((list) => {
    seen += list.getEntries().length;
  });
  observer.observe({ entryTypes: ['gc'] });
  return {
    /** Entries are handed over on a later turn of the event loop. */
    async count() {
      for (let i = 0; i < 3; i++) await nextTick();
      return seen;
    },
    stop: () => observer.disconnect(),
  };
}
