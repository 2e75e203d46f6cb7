// @ts-check
/**
 * What `standard()` was chosen among: its pipeline with one thing different a choice, and the situations in which they are
 * compared, which are rows of the tables.
 *
 * @module
 */

import { adaptiveLimiter, pipeline, retry, standard, throttle, timeout } from 'holdfast';
import { SemianBreaker } from './semian.js';

/** @typedef {import('holdfast').Policy} Policy */
/** @typedef {import('holdfast').StandardOptions} StandardOptions */
/** @typedef {import('./types.d.ts').Choice} Choice */

/** Situations by the id of their row, with a title for the head of a column. */
export const situations = [
  { row: 'slowdown-20', title: 'slowdown, 20' },
  { row: 'slowdown-100', title: 'slowdown, 100' },
  { row: 'spike-100', title: 'spike, 100' },
  { row: 'half-fail-100', title: 'half fail, 100' },
  { row: 'nine-of-ten-fail-20', title: '9 of 10 fail, 20' },
  { row: 'all-fail-20', title: 'all fail, 20' },
  { row: 'all-fail-100', title: 'all fail, 100' },
  { row: 'one-of-eight-swallows', title: '1 of 8 swallows' },
  { row: 'steady-100', title: 'steady, 100' },
];

/**
 * `standard()` with other options.
 * @param {StandardOptions} options
 * @returns {Choice['policies']}
 */
function withOptions(options) {
  return (totalTimeout) => standard({ totalTimeout, ...options });
}

/**
 * What `standard()` makes, with another policy where it has its breaker.
 * @param {() => Policy} make
 * @returns {Choice['policies']}
 */
function inPlaceOfBreaker(make) {
  return (deadline) => [
    timeout({ duration: deadline, name: 'total_timeout' }),
    retry(),
    make(),
    adaptiveLimiter(),
    timeout({ duration: deadline, name: 'attempt_timeout' }),
  ];
}

/** @type {Choice[]} */
export const choices = [
  {
    id: 'no-breaker',
    label: 'no breaker',
    about:
      '`circuitBreaker: false`. The row shows what the breaker costs in goodput. What it saves is not in these cells: requests to an upstream that fails all of them.',
    policies: withOptions({ circuitBreaker: false }),
  },
  {
    id: 'breaker-at-half',
    label: 'breaker at half',
    about:
      'The breaker with earlier defaults: it opens when half of the calls of 30 s have failed, or 5 in a row, and at once; it stays open for 5 s at first and 60 s at most, and then lets all calls in again. The row shows what a low threshold and a long pause do to calls that would have been answered.',
    policies: withOptions({
      circuitBreaker: {
        failureRate: 0.5,
        window: '30s',
        consecutiveFailures: 5,
        failingFor: 0,
        openFor: '5s',
        maxOpenFor: '60s',
        rampFor: 0,
      },
    }),
  },
  {
    id: 'throttle',
    label: 'throttle',
    about:
      "`throttle({ window: '10s' })` in place of the breaker. The row shows a policy that refuses a share of the calls, where an open breaker refuses all of them.",
    policies: inPlaceOfBreaker(() => throttle({ window: '10s' })),
  },
  {
    id: 'semian',
    label: "Semian's breaker",
    about:
      'The adaptive breaker of [Semian](https://github.com/Shopify/semian) in place of ours, after its published proportional controller in its plain form, of which later versions refuse more: each second, the share of refused calls moves by the error rate of the last 10 s, less 5%, less that share (`bench/goodput/semian.js`). The row shows a share that follows the error rate from 5% on.',
    policies: inPlaceOfBreaker(() => new SemianBreaker()),
  },
  {
    id: 'bulkhead',
    label: 'bulkhead, no limiter',
    about:
      '`adaptiveLimiter: false, bulkhead: {}`: each client may have 100 calls in flight. The row shows a fixed limit that nobody has fitted to the upstream.',
    policies: withOptions({ adaptiveLimiter: false, bulkhead: {} }),
  },
  {
    id: 'gradient',
    label: 'gradient limiter',
    about:
      "`adaptiveLimiter: { algorithm: 'gradient', maxQueued: 100 }`. The row shows a limit that follows latency. It begins at 20 calls in flight, which is more than a client of these situations usually has.",
    policies: withOptions({ adaptiveLimiter: { algorithm: 'gradient', maxQueued: 100 } }),
  },
  {
    id: 'other-budget',
    label: 'other retry budget',
    about:
      '`retry: { budget: { ratio: 0.2, minPerSecond: 10 } }`: one retry for every five calls, and ten a second for each client. Those were earlier defaults. The row shows a budget that is hardly a bound: a client of these situations makes fewer than ten calls a second.',
    policies: withOptions({ retry: { budget: { ratio: 0.2, minPerSecond: 10 } } }),
  },
  {
    id: 'short-attempts',
    label: 'attempts of 300 ms',
    about:
      "`attemptTimeout: '300ms'`. The row shows both sides of a short attempt: it heals a request that hangs, and it gives up answers that come late.",
    policies: withOptions({ attemptTimeout: '300ms' }),
  },
  {
    id: 'retries-alone',
    label: 'retries alone',
    about:
      '`circuitBreaker: false, adaptiveLimiter: false`. The row shows retries with their budget and nothing besides.',
    policies: withOptions({ circuitBreaker: false, adaptiveLimiter: false }),
  },
];

/**
 * @param {Choice} choice
 * @returns {import('holdfast/simulator').Arm}
 */
export function armOfChoice({ policies }) {
  return ({ clock, deadline }) =>
    pipeline({ name: 'simulated', clock, telemetry: false }, ...policies(deadline));
}
