// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { wrap } from 'cockatiel4';
import { keyed, pipeline } from 'holdfast';
import CircuitBreaker from 'opossum';
import { ofCockatiel as c, ofHoldfast as h, ofOpossum as o } from '../libraries.js';

/** @typedef {import('../types.d.ts').OwnSample} OwnSample */
/** @typedef {import('../types.d.ts').Effort} Effort */

/**
 * How many keys. A quick run has as many as a full one: with fewer, a Map alone fits into the processor's caches, and the copies do not. Those of the peers
 * take so much room that there are fewer.
 */
const KEYS = { smoke: 2_000, quick: 1_000_000, full: 1_000_000 };
const PEER_KEYS = { smoke: 500, quick: 20_000, full: 100_000 };
const LOOKUPS = { smoke: 1_000, quick: 200_000, full: 500_000 };
const ROUNDS = { smoke: 1, quick: 7, full: 15 };

const operation = async () => 1;

/** @param {number} count */
const keysOf = (count) => Array.from({ length: count }, (_, i) => `https://host-${i}.example`);

async function heap() {
  // What finalizers hold is let go of in a turn of its own.
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await pause(1);
  }
  return process.memoryUsage().heapUsed;
}

/**
 * Makes what serves each key, calls each once, and answers what that costs for a key.
 *
 * @param {readonly string[]} keys
 * @param {(key: string) => unknown} make
 * @param {(key: string) => Promise<unknown>} call
 */
async function costOf(keys, make, call) {
  const before = await heap();
  const start = performance.now();
  for (const key of keys) make(key);
  const ns = ((performance.now() - start) * 1e6) / keys.length;
  for (const key of keys) await call(key);
  return { bytes: ((await heap()) - before) / keys.length, make: ns };
}

/**
 * The least of several rounds of so many times: what else the machine does only adds to it.
 *
 * @param {number} rounds
 * @param {number} times
 * @param {() => unknown} run
 */
async function leastNs(rounds, times, run) {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run();
    least = Math.min(least, ((performance.now() - start) * 1e6) / times);
  }
  return least;
}

/** @param {Effort} effort */
async function ofHoldfast(effort) {
  const keys = keysOf(KEYS[effort]);
  const byKey = keyed(pipeline('keys', h.retry(), h.breaker(), h.timeout({})), {
    maxKeys: 2 * keys.length,
    idleFor: '1h',
  });
  const cost = await costOf(
    keys,
    (key) => byKey.get(key),
    (key) => byKey.execute(key, operation),
  );
  const map = new Map(keys.map((key) => [key, { key }]));
  const times = LOOKUPS[effort];
  const order = Array.from(
    { length: times },
    () => /** @type {string} */ (keys[Math.floor(Math.random() * keys.length)]),
  );
  const [hotKey] = /** @type {[string]} */ (keys);
  let found = 0;
  /** @param {(key: string) => unknown} lookUp */
  const eachOf = (lookUp) => () => {
    for (const key of order) if (lookUp(key) !== undefined) found++;
  };
  const rounds = ROUNDS[effort];
  const random = await leastNs(
    rounds,
    times,
    eachOf((key) => byKey.get(key)),
  );
  const inMap = await leastNs(
    rounds,
    times,
    eachOf((key) => map.get(key)),
  );
  const hot = await leastNs(rounds, times, () => {
    for (let i = 0; i < times; i++) if (byKey.get(hotKey) !== undefined) found++;
  });
  const bare = await leastNs(rounds, times, async () => {
    for (let i = 0; i < times; i++) await operation();
  });
  if (found !== 3 * rounds * times) throw new Error('P8: a key was not found');
  byKey.dispose();
  return { holdfast: { ...cost, hot, random }, map: { random: inMap }, bare: { hot: bare } };
}

/** @param {Effort} effort */
async function ofCockatiel(effort) {
  /** @type {Map<string, { execute(run: () => Promise<number>): Promise<unknown> }>} */
  const policies = new Map();
  return await costOf(
    keysOf(PEER_KEYS[effort]),
    (key) => policies.set(key, wrap(c.retry(), c.breaker(), c.timeout({}))),
    async (key) => await policies.get(key)?.execute(operation),
  );
}

/** @param {Effort} effort */
async function ofOpossum(effort) {
  /** @type {Map<string, CircuitBreaker>} */
  const breakers = new Map();
  const cost = await costOf(
    keysOf(PEER_KEYS[effort]),
    (key) => breakers.set(key, new CircuitBreaker(operation, { ...o.breaker, ...o.timeout({}) })),
    async (key) => await breakers.get(key)?.fire(),
  );
  for (const each of breakers.values()) each.shutdown();
  return cost;
}

/** @type {import('../types.d.ts').OwnPath} */
export default {
  id: 'P8',
  kind: 'own',
  title: 'A pipeline for each key',
  about:
    'retry + breaker + timeout for each of a million hosts (of the peers, which have no keyed policies, a Map of 100,000; opossum has no retry). Bytes: the live heap for a ' +
    'key that was called once, its place in the Map included. Lookup: what serves one key, always the same or one at random.',
  groups: [
    {
      id: 'keys',
      title: 'a key',
      measures: [
        { id: 'bytes', title: 'bytes, called once', unit: 'B' },
        { id: 'make', title: 'made', unit: 'ns' },
        { id: 'hot', title: 'lookup, a hot key', unit: 'ns' },
        { id: 'random', title: 'lookup, a random key', unit: 'ns' },
      ],
    },
  ],
  arms: [
    { id: 'holdfast', label: 'holdfast', library: 'holdfast', group: 'keys' },
    { id: 'cockatiel', label: 'cockatiel', library: 'cockatiel', group: 'keys' },
    { id: 'opossum', label: 'opossum', library: 'opossum', group: 'keys' },
    { id: 'map', label: 'Map.get alone', library: 'bare', group: 'keys' },
    { id: 'bare', label: 'bare call', library: 'bare', group: 'keys' },
  ],
  async measure({ effort }) {
    const own = await ofHoldfast(effort);
    return { ...own, cockatiel: await ofCockatiel(effort), opossum: await ofOpossum(effort) };
  },
};
