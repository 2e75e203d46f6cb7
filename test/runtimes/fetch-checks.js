/** What a resilient fetch does on every runtime, with nothing but what all of them have, against the server of origin.js. */
import { TimeoutError } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { equal, failing, ok } from './core-checks.js';

const policies = {
  retry: { initialDelay: 20, maxDelay: 20, budget: false },
  circuitBreaker: false,
};

let used = 0;
/** A path whose first answers are 503. */
const flaky = (failures) => `/flaky/${failures}/${Date.now()}-${Math.random()}-${used++}`;

export const fetchChecks = (origin) => ({
  async 'fetch: a 503 is retried'() {
    const response = await resilientFetch({ policies })(`${origin}${flaky(2)}`);
    equal(response.status, 200);
    equal(await response.text(), 'GET ');
  },
  async 'fetch: a body is sent again whole'() {
    const init = { method: 'PUT', body: 'abc' };
    const response = await resilientFetch({ policies })(`${origin}${flaky(1)}`, init);
    equal(response.status, 200);
    equal(await response.text(), 'PUT abc');
  },
  async 'fetch: an attempt that takes too long is a TimeoutError'() {
    const times = { ...policies, totalTimeout: 600, attemptTimeout: 200, retry: false };
    const error = await failing(resilientFetch({ policies: times })(`${origin}/hang`));
    ok(error instanceof TimeoutError, error);
    equal(error.timeoutMs, 200);
  },
  async 'fetch: a body that stalls ends'() {
    const fetch = resilientFetch({ policies, idleTimeout: 200 });
    const response = await fetch(`${origin}/stall`);
    ok((await failing(response.text())) instanceof TimeoutError, 'another error');
  },
  async 'fetch: the caller’s abort ends the call'() {
    const caller = new AbortController();
    const reason = new Error('enough');
    const answer = failing(
      resilientFetch({ policies })(`${origin}/hang`, { signal: caller.signal }),
    );
    setTimeout(() => caller.abort(reason), 50);
    equal(await answer, reason);
  },
});
