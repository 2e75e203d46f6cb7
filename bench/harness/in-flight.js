// @ts-check
/**
 * What a call costs while N calls are in flight. mitata times one call after the other, so this
 * loop is our own. For each N:
 *
 * - burst: N calls start, the event loop turns, their operations resolve, all settle. Collecting
 *   garbage while N calls are alive is part of it, for bare calls too.
 * - further: N calls stay in flight while 1,000 more start and settle, again and again. This is the
 *   cost of a call as a service with N calls in flight meets it, and what must not grow with N.
 * - bytes: the heap that remains after a full collection with N calls in flight, a call.
 *
 * @module
 */

import { setImmediate as nextTick } from 'node:timers/promises';
import { ANSWER } from '../settings.js';
import { median } from './stats.js';

const FURTHER = 1_000;
const MOST_SAMPLES = 500;

/** @type {((value: unknown) => void)[]} */
let resolvers = [];
let pending = 0;

/** @param {(value: unknown) => void} resolve */
const keep = (resolve) => {
  resolvers[pending++] = resolve;
};

/** An operation that stays pending until its resolver is called. */
export const pendingOperation = () => new Promise(keep);

/**
 * @param {readonly { id: string, call: import('../types.d.ts').Call, maxInFlight: number }[]} subjects
 * @param {{ sizes: readonly number[], quick: boolean }} options
 * @returns {Promise<Record<string, Record<string, import('../types.d.ts').InFlightSample>>>}
 */
export async function crowdAll(subjects, { sizes, quick }) {
  /** @type {Record<string, Record<string, import('../types.d.ts').InFlightSample>>} */
  const result = Object.fromEntries(subjects.map(({ id }) => [id, {}]));
  for (const { call } of subjects) {
    await repeat(() => burst(call, quick ? 100 : FURTHER), 2, quick ? 0 : 400);
  }
  for (const size of sizes) {
    for (const { id, call, maxInFlight } of subjects) {
      const samples = result[id];
      if (samples && size <= maxInFlight) samples[String(size)] = await crowd(call, size, quick);
    }
  }
  return result;
}

/**
 * @param {import('../types.d.ts').Call} call
 * @param {number} size
 * @param {boolean} quick
 * @returns {Promise<import('../types.d.ts').InFlightSample>}
 */
async function crowd(call, size, quick) {
  globalThis.gc?.();
  const bursts = await repeat(() => burst(call, size), quick ? 1 : 3, quick ? 0 : 200);

  // The crowd that stays; it is weighed, then 1,000 further calls come and go in its presence.
  const calls = new Array(size).fill(undefined);
  const own = newResolvers(size);
  globalThis.gc?.();
  await nextTick();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < size; i++) calls[i] = call();
  await nextTick();
  globalThis.gc?.();
  const bytes = (process.memoryUsage().heapUsed - before) / size;

  const further = await repeat(() => burst(call, FURTHER), quick ? 1 : 5, quick ? 0 : 200);
  for (const resolve of own) resolve(ANSWER);
  for (const one of calls) await one;

  return {
    start: median(bursts.map(({ start }) => start)),
    settle: median(bursts.map(({ settle }) => settle)),
    burst: median(bursts.map(({ start, settle }) => start + settle)),
    further: median(further.map(({ start, settle }) => start + settle)),
    bytes,
  };
}

/** @param {number} size */
function newResolvers(size) {
  resolvers = new Array(size).fill(undefined);
  pending = 0;
  return resolvers;
}

/**
 * Times the start and the settling of `size` calls, ns a call.
 * @param {import('../types.d.ts').Call} call
 * @param {number} size
 */
async function burst(call, size) {
  const calls = new Array(size).fill(undefined);
  const own = newResolvers(size);

  const started = performance.now();
  for (let i = 0; i < size; i++) calls[i] = call();
  const start = performance.now() - started;

  // In flight across a turn of the event loop, as every real call is.
  await nextTick();
  if (pending !== size) throw new Error(`${pending} of ${size} calls reached the operation`);

  const resolved = performance.now();
  for (let i = 0; i < size; i++) own[i]?.(ANSWER);
  for (let i = 0; i < size; i++) {
    if ((await calls[i]) !== ANSWER) throw new Error('a call settled with another value');
  }
  const settle = performance.now() - resolved;

  return { start: (start * 1e6) / size, settle: (settle * 1e6) / size };
}

/**
 * Takes samples for a while: `least` of them, unless each takes long.
 * @template T
 * @param {() => Promise<T>} sample
 * @param {number} least
 * @param {number} ms
 */
async function repeat(sample, least, ms) {
  const samples = [];
  const started = performance.now();
  for (let elapsed = 0; ; elapsed = performance.now() - started) {
    const wanted = elapsed < ms ? MOST_SAMPLES : elapsed < 5 * ms ? least : 1;
    if (samples.length >= wanted) return samples;
    samples.push(await sample());
    await nextTick();
  }
}
