// @ts-check
import {
  adaptiveLimiter,
  bulkhead,
  circuitBreaker,
  fallback,
  pipeline,
  rateLimiter,
  retry,
  throttle,
  timeout,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { ANSWER, FAILURE, FALLBACK } from '../settings.js';
import { bareArm } from './bare.js';
import { cockatielFive, holdfastFive } from './five.js';

/** @typedef {import('../types.d.ts').Call} Call */

/** A gate of a user's own, as docs/policies/own.md makes them. */
class AtMost {
  role = /** @type {const} */ ('gate');
  type = 'at_most';
  inside = 0;

  enter() {
    this.inside++;
    return undefined;
  }

  exit() {
    this.inside--;
  }
}

/** Another, of another shape: a plain object. */
const measures = {
  role: /** @type {const} */ ('gate'),
  type: 'measures',
  slowest: 0,
  enter: (/** @type {{ state: unknown }} */ call) => {
    call.state = performance.now();
    return undefined;
  },
  exit: (/** @type {{ state: unknown }} */ call) => {
    measures.slowest = Math.max(measures.slowest, performance.now() - Number(call.state));
  },
};

/** A driver of a user's own, which has no opinion. */
const plainDriver = {
  role: /** @type {const} */ ('driver'),
  type: 'plain',
  drive: (/** @type {import('holdfast').Drive} */ drive) => drive.next(),
};

/**
 * Pipelines of a service with several upstreams: two to five policies, the user's own, `fetch`, answers at once and later,
 * and some calls that fail.
 * @returns {Call[]}
 */
function otherPipelines() {
  const lists = [
    [retry(), timeout('2s')],
    [fallback(FALLBACK), circuitBreaker()],
    [retry(), circuitBreaker(), timeout('1s')],
    [new AtMost(), timeout('1s')],
    [retry(), measures, circuitBreaker(), new AtMost()],
    [plainDriver, bulkhead({ maxConcurrent: 10 })],
    [retry(), rateLimiter({ limit: 1e9, per: '1s' }), circuitBreaker(), timeout('500ms')],
    [fallback(FALLBACK), retry(), adaptiveLimiter(), throttle(), timeout('1s')],
  ];
  const pipelines = lists.map((list, i) => pipeline(`other ${i}`, ...list));
  const send = resilientFetch({
    fetch: async (/** @type {string} */ _url) => new Response('{}'),
  });
  const failing = pipeline(
    'failing',
    fallback(FALLBACK),
    retry({ maxRetries: 1, initialDelay: 0 }),
  );
  const answersLater = async () => {
    await undefined;
    return ANSWER;
  };
  /** @type {Call[]} */
  const calls = pipelines.flatMap((policy) => [
    () => policy.execute(answersLater),
    () => policy.execute(() => 'another kind of answer'),
    () => policy.settle(answersLater),
    () => policy.execute(({ signal }) => Promise.resolve({ aborted: signal.aborted })),
  ]);
  return [
    ...calls,
    async () => (await send('http://upstream.test/')).text(),
    () =>
      failing.execute(async () => {
        throw FAILURE;
      }),
  ];
}

/** @type {import('../types.d.ts').CallPath} */
export default {
  id: 'P1M',
  kind: 'time',
  show: 'net',
  title: 'Five policies, with other pipelines in the process',
  about:
    'The five policies of P1 in a process that uses other pipelines too, as a service does: eight of two to five policies, with gates and a driver ' +
    'of the user’s own, `resilientFetch`, and one whose calls fail. They are called 5,000 times in each of several ways before anything is measured, ' +
    'and again between the measurements, so the engine’s code has met many shapes and V8 can assume less about them.',
  groups: [
    {
      id: 'five',
      title: 'fallback + retry + breaker + timeout + bulkhead, beside other pipelines',
      bare: 'bare',
    },
  ],
  arms: [
    bareArm('five'),
    holdfastFive({ id: 'holdfast', group: 'five' }),
    cockatielFive({ id: 'cockatiel', group: 'five' }),
  ],
  others: otherPipelines,
};
