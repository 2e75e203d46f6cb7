/** A worker for workerd.test.js: each path makes one call on policies that all requests share, all of them made outside of any request. */
import {
  adaptiveLimiter,
  bulkhead,
  CircuitOpenError,
  circuitBreaker,
  pipeline,
  rateLimiter,
  retry,
  standard,
  timeout,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { coreChecks, runAll, sleep } from './core-checks.js';
import { fetchChecks } from './fetch-checks.js';
import { servicesChecks } from './services-checks.js';

const timed = pipeline('timed', timeout(300));
const bodies = resilientFetch({
  policies: { retry: { initialDelay: 20, maxDelay: 20, budget: false }, circuitBreaker: false },
  idleTimeout: 300,
});
const bounded = resilientFetch({ idleTimeout: false, bodyTimeout: 300 });
const retried = pipeline('retried', retry({ initialDelay: 200, maxDelay: 200, budget: false }));
const narrow = pipeline('narrow', bulkhead({ maxConcurrent: 1, maxQueued: 10 }));
const impatient = pipeline(
  'impatient',
  bulkhead({ maxConcurrent: 1, maxQueued: 10, maxWait: 150 }),
);
const limits = { initialLimit: 1, minLimit: 1, maxLimit: 1, maxQueued: 10, maxWait: '5s' };
// A call of these is given up while its operation goes on, and its request is answered then: the operation never settles.
const givenUp = {
  bulkhead: pipeline('given-up', timeout(300), bulkhead({ maxConcurrent: 1 })),
  limiter: pipeline('given-up', timeout(300), adaptiveLimiter({ ...limits, algorithm: 'aimd' })),
  standard: pipeline('given-up', ...standard({ totalTimeout: 300, adaptiveLimiter: limits })),
};
const adaptive = pipeline('adaptive', adaptiveLimiter(limits));
const limited = pipeline('limited', rateLimiter({ limit: 1, per: 100, burst: 1, maxWait: '5s' }));
const breaker = circuitBreaker({
  consecutiveFailures: 1,
  failingFor: 0,
  openFor: 1_500,
  openForSpread: 0,
  probes: 1,
  rampFor: 0,
});
const guarded = pipeline('guarded', breaker);
const states = [];
guarded.on('transition', ({ to }) => states.push(to));

/** As docs/fetch.md says. */
function passedOn(response) {
  return new Response(response.body.pipeThrough(new TransformStream()), response);
}

const down = () => Promise.reject(new Error('down'));

const paths = {
  quick: () => timed.execute(() => sleep(20)),
  late: () => timed.execute(() => sleep(3_000)),
  retried(_request) {
    let attempts = 0;
    return retried.execute(() => (++attempts < 2 ? down() : attempts));
  },
  narrow: () => narrow.execute(() => sleep(100)),
  slow: () => narrow.execute(() => sleep(800)),
  // Leaves the queue before its turn, with its slot for the next one.
  leaver: () => narrow.execute(() => 1, { signal: AbortSignal.timeout(50) }),
  impatient: () => impatient.execute(() => sleep(1_000)),
  adaptive: () => adaptive.execute(() => sleep(100)),
  givenUp: (_origin, policy) => givenUp[policy].execute(() => sleep(20_000)),
  afterwards: (_origin, policy) => givenUp[policy].execute(() => 1),
  limited: () => limited.execute(() => 1),
  fail: () => guarded.execute(down),
  guarded: () => guarded.execute(() => 1),
  states: () => states.join(),
  async fetched(origin) {
    const response = await bodies(`${origin}/flaky/1/${Math.random()}`);
    return `${response.status} ${await response.text()}`;
  },
  async stalled(origin) {
    const response = await bodies(`${origin}/stall`);
    return response.text();
  },
  passedIdle: async (origin) => passedOn(await bodies(`${origin}/stall`)),
  passedBody: async (origin) => passedOn(await bounded(`${origin}/stall`)),
  checks: (origin) => runAll({ ...coreChecks, ...fetchChecks(origin), ...servicesChecks(origin) }),
};

export default {
  async fetch(request) {
    const url = new URL(request.url);
    const startedAt = Date.now();
    const tell = (outcome) => Response.json({ ...outcome, ms: Date.now() - startedAt });
    try {
      const { searchParams } = url;
      const call = paths[url.pathname.slice(1)];
      const value = await call(searchParams.get('origin'), searchParams.get('policy'));
      return value instanceof Response ? value : tell({ value });
    } catch (error) {
      return tell({ error: error instanceof CircuitOpenError ? 'CircuitOpenError' : error.name });
    }
  },
};
