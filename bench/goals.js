// @ts-check
import { minus, net, over, samples } from './report/figures.js';

/** @typedef {import('./types.d.ts').PathResult} PathResult */

const LARGE = 100_000;
const SMALL = 1_000;

const USUAL = { limit: 0.5, limit20: 0.6 };

/** The policies, and the goal of each: more where a call can be abandoned, or where the clock is read twice. */
const ALONE = {
  fallback: { path: 'P3', name: 'fallback', ...USUAL },
  retry: { path: 'P3', name: 'retry', ...USUAL },
  breaker: { path: 'P3', name: 'breaker', ...USUAL },
  timeout: { path: 'P3', name: 'timeout', limit: 0.8, limit20: 1 },
  bulkhead: { path: 'P3', name: 'bulkhead', ...USUAL },
  rateLimiter: { path: 'P3L', name: 'rate limiter', ...USUAL },
  adaptiveLimiter: { path: 'P3L', name: 'adaptive limiter', limit: 0.9, limit20: 0.9 },
  throttle: { path: 'P3L', name: 'throttle', ...USUAL },
};

/**
 * @param {string} arm
 * @param {string} [bare] of its group
 */
const netOverBare =
  (arm, bare = 'bare') =>
  (/** @type {PathResult} */ path) =>
    over(net(path, arm, bare, 'ns'), samples(path, bare, 'ns'));

/** @param {PathResult} path */
const cockatielNetOverOurs = (path) =>
  over(net(path, 'cockatiel', 'bare', 'ns'), net(path, 'holdfast', 'bare', 'ns'));

/**
 * @param {string} arm
 * @param {string} other
 */
const timeOver = (arm, other) => (/** @type {PathResult} */ path) =>
  over(samples(path, arm, 'ns'), samples(path, other, 'ns'));

/**
 * @param {PathResult} path
 * @param {string} arm
 */
const burstGrowth = (path, arm) =>
  over(samples(path, arm, 'burst', LARGE), samples(path, arm, 'burst', SMALL));

/** @type {readonly import('./types.d.ts').Goal[]} */
export const goals = [
  {
    id: 'P1-net',
    path: 'P1',
    text: 'five policies: net over bare',
    sense: 'at most',
    limit: 1.3,
    limit20: 1.5,
    unit: 'x',
    figures: netOverBare('holdfast'),
  },
  {
    id: 'P1-cockatiel',
    path: 'P1',
    text: "five policies: cockatiel's net over holdfast's",
    sense: 'at least',
    limit: 35,
    limit20: 80,
    unit: 'x',
    figures: cockatielNetOverOurs,
  },
  {
    id: 'P1M-net',
    path: 'P1M',
    text: 'five policies, with other pipelines in the process: net over bare',
    sense: 'at most',
    limit: 1.5,
    limit20: 1.7,
    unit: 'x',
    figures: netOverBare('holdfast'),
  },
  {
    id: 'P1Q-time',
    path: 'P1Q',
    text: 'five policies, one call every 2.5 ms: time a call',
    sense: 'at most',
    limit: 12,
    unit: ' us',
    figures: (path) => samples(path, 'holdfast', 'ns').map((ns) => ns / 1e3),
  },
  {
    id: 'P2-net',
    path: 'P2',
    text: 'without timeout: net over bare',
    sense: 'at most',
    limit: 0.7,
    limit20: 0.9,
    unit: 'x',
    figures: netOverBare('holdfast'),
  },
  {
    id: 'P2-cockatiel',
    path: 'P2',
    text: "without timeout: cockatiel's net over holdfast's",
    sense: 'at least',
    limit: 5,
    unit: 'x',
    figures: cockatielNetOverOurs,
  },
  ...Object.entries(ALONE).map(([policy, { path, name, limit, limit20 }]) => ({
    id: `${path}-${policy}`,
    path,
    text: `${name} alone: net over bare`,
    sense: /** @type {const} */ ('at most'),
    limit,
    limit20,
    unit: 'x',
    figures: netOverBare(`holdfast-${policy}`, `bare-${policy}`),
  })),
  {
    id: 'P4-settle',
    path: 'P4',
    text: 'open breaker, `settle`: net over bare',
    sense: 'at most',
    limit: 0.8,
    limit20: 1,
    unit: 'x',
    figures: netOverBare('holdfast-settle'),
  },
  {
    id: 'P4-execute',
    path: 'P4',
    text: 'open breaker, `execute` and catch, over a bare throw and catch',
    sense: 'at most',
    limit: 0.5,
    unit: 'x',
    figures: timeOver('holdfast-catch', 'bare-catch'),
  },
  {
    id: 'P5-retry',
    path: 'P5',
    text: "retried once: time over cockatiel's",
    sense: 'at most',
    limit: 0.5,
    unit: 'x',
    figures: timeOver('holdfast-retry', 'cockatiel-retry'),
  },
  {
    id: 'P5-retry-many',
    path: 'P5',
    text: "retried once, 1,000 at once: time over cockatiel's",
    sense: 'at most',
    limit: 0.5,
    unit: 'x',
    figures: timeOver('holdfast-retry-many', 'cockatiel-retry-many'),
  },
  {
    id: 'P5-fallback',
    path: 'P5',
    text: "fallback taken: time over cockatiel's",
    sense: 'at most',
    limit: 0.75,
    unit: 'x',
    figures: timeOver('holdfast-fallback', 'cockatiel-fallback'),
  },
  {
    id: 'P5-breaker',
    path: 'P5',
    text: "fallback + breaker, every other call falls back: time over cockatiel's",
    sense: 'at most',
    limit: 0.5,
    unit: 'x',
    figures: timeOver('holdfast-breaker', 'cockatiel-breaker'),
  },
  {
    id: 'P6-bytes',
    path: 'P6',
    text: 'five policies: bytes a call beyond bare',
    sense: 'at most',
    limit: 700,
    unit: ' B',
    figures: (path) => net(path, 'holdfast', 'bare', 'bytes'),
  },
  {
    id: 'P7-growth',
    path: 'P7',
    text: 'a further call with 100,000 in flight over one with 1,000 in flight',
    sense: 'at most',
    limit: 1.5,
    unit: 'x',
    figures: (path) =>
      over(
        samples(path, 'holdfast', 'further', LARGE),
        samples(path, 'holdfast', 'further', SMALL),
      ),
  },
  {
    id: 'P7-burst',
    path: 'P7',
    text: 'growth of a call from a burst of 1,000 to one of 100,000, over the growth of the bare call',
    sense: 'at most',
    limit: 1.5,
    unit: 'x',
    figures: (path) => over(burstGrowth(path, 'holdfast'), burstGrowth(path, 'bare')),
  },
  {
    id: 'P7-bytes',
    path: 'P7',
    text: 'bytes of a call in flight beyond bare, at 100,000',
    sense: 'at most',
    limit: 600,
    unit: ' B',
    figures: (path) =>
      minus(samples(path, 'holdfast', 'bytes', LARGE), samples(path, 'bare', 'bytes', LARGE)),
  },
  {
    id: 'P8-bytes',
    path: 'P8',
    text: 'retry + breaker + timeout, keyed: bytes of an idle key called once',
    sense: 'at most',
    limit: 400,
    unit: ' B',
    figures: (path) => samples(path, 'holdfast', 'bytes'),
  },
  {
    id: 'P8-make',
    path: 'P8',
    text: 'making a keyed copy',
    sense: 'at most',
    limit: 3,
    unit: ' us',
    figures: (path) => samples(path, 'holdfast', 'make').map((ns) => ns / 1e3),
  },
  {
    id: 'P8-hot',
    path: 'P8',
    text: 'lookup of a hot key, over a bare call',
    sense: 'at most',
    limit: 1,
    unit: 'x',
    figures: (path) => over(samples(path, 'holdfast', 'hot'), samples(path, 'bare', 'hot')),
  },
  {
    id: 'P8-random',
    path: 'P8',
    text: 'lookup of a random key of a million, over `Map.get` alone',
    sense: 'at most',
    limit: 1.5,
    unit: 'x',
    figures: (path) => over(samples(path, 'holdfast', 'random'), samples(path, 'map', 'random')),
  },
  {
    id: 'P9-none',
    path: 'P9',
    text: 'telemetry with no SDK, over bare',
    sense: 'at most',
    limit: 0.1,
    unit: 'x',
    figures: (path) =>
      over(net(path, 'holdfast', 'holdfast-silent', 'ns'), samples(path, 'bare', 'ns')),
  },
  {
    id: 'P9-metrics',
    path: 'P9M',
    text: 'metrics, beyond a duration recorded by hand, over bare',
    sense: 'at most',
    limit: 0.5,
    unit: 'x',
    figures: (path) =>
      over(
        minus(
          net(path, 'holdfast', 'holdfast-silent', 'ns'),
          net(path, 'bare-recorded', 'bare', 'ns'),
        ),
        samples(path, 'bare', 'ns'),
      ),
  },
  {
    id: 'P10-fetch',
    path: 'P10',
    text: 'fetch over loopback: throughput over plain fetch',
    sense: 'at least',
    limit: 0.95,
    unit: 'x',
    figures: (path) => over(samples(path, 'bare', 'ns'), samples(path, 'holdfast', 'ns')),
  },
  ...['ky', 'got'].map((peer) => ({
    id: `P10-${peer}`,
    path: 'P10',
    text: `fetch over loopback: throughput over ${peer}`,
    sense: /** @type {const} */ ('at least'),
    limit: 1,
    unit: 'x',
    figures: timeOver(peer, 'holdfast'),
  })),
  {
    id: 'P10-retry-agent',
    path: 'P10',
    text: 'fetch over loopback: throughput over fetch with RetryAgent',
    sense: 'at least',
    limit: 1,
    unit: 'x',
    figures: timeOver('retry-agent', 'holdfast-undici-fetch'),
  },
  {
    id: 'P11-import',
    path: 'P11',
    text: 'cold import of `holdfast`',
    sense: 'at most',
    limit: 90,
    unit: ' ms',
    figures: (path) => samples(path, 'holdfast', 'ns').map((ns) => ns / 1e6),
  },
  {
    id: 'P11-beside',
    path: 'P11',
    text: 'cold import of `holdfast`, beyond that of cockatiel and zod/mini',
    sense: 'at most',
    limit: 30,
    unit: ' ms',
    figures: (path) => net(path, 'holdfast', 'cockatiel-zod', 'ns').map((ns) => ns / 1e6),
  },
  {
    id: 'P11-memory',
    path: 'P11',
    text: 'memory that the import of `holdfast` takes',
    sense: 'at most',
    limit: 10,
    unit: ' MB',
    figures: (path) => samples(path, 'holdfast', 'rss'),
  },
  ...[
    { id: 'three', arm: 'holdfast-three', text: 'retry + breaker + timeout', limit: 32 },
    { id: 'core', arm: 'holdfast', text: 'everything in `holdfast`', limit: 42 },
    { id: 'fetch', arm: 'holdfast-fetch', text: 'everything in `holdfast/fetch`', limit: 50 },
  ].map(({ id, arm, text, limit }) => ({
    id: `P12-${id}`,
    path: 'P12',
    text: `bundle of ${text}, loaded at once, gzipped`,
    sense: /** @type {const} */ ('at most'),
    limit,
    unit: ' kB',
    figures: (/** @type {PathResult} */ path) => samples(path, arm, 'initial'),
  })),
  ...[
    { id: 'tarball', text: 'tarball of the package', limit: 350 },
    { id: 'unpacked', text: 'the package, unpacked', limit: 1_300 },
  ].map(({ id, text, limit }) => ({
    id: `P12-${id}`,
    path: 'P12',
    text,
    sense: /** @type {const} */ ('at most'),
    limit,
    unit: ' kB',
    figures: (/** @type {PathResult} */ path) => samples(path, 'holdfast-packed', id),
  })),
];
