import { circuitBreaker, pipeline, retry } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, expect, it } from 'vitest';
import { Metrics, unregister } from '../telemetry/support/sdk.js';

afterEach(unregister);

/** Rates and budgets of pipelines that share a name were added up, like counts: two breakers that saw every call fail showed 200%. */
it('rates of pipelines of one name are those of all their calls, and a budget is the poorest', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const made = [1, 2].map(() =>
    pipeline(
      { name: 'twins', clock },
      retry({ maxRetries: 0, budget: { ratio: 0, minPerSecond: 10 } }),
      circuitBreaker({ consecutiveFailures: 9, slowCallDuration: '1s', slowCallRate: 1 }),
    ),
  );
  const [one, other] = made;
  for (let i = 0; i < 3; i++) {
    await one?.settle(() => Promise.reject(new Error('no')));
    await clock.runUntil(
      one?.settle(
        () => new Promise<void>((done) => clock.setTimer(done, 2_000)),
      ) as Promise<unknown>,
    );
  }
  for (let i = 0; i < 2; i++) await other?.settle(() => Promise.reject(new Error('no')));
  const at = { 'holdfast.pipeline': 'twins' };
  expect(await sdk.sum('holdfast.circuit_breaker.failure_rate', at)).toBe(5 / 8);
  expect(await sdk.sum('holdfast.circuit_breaker.slow_call_rate', at)).toBe(3 / 8);
  expect(await sdk.sum('holdfast.retry_budget.balance', at)).toBe(10);
  expect(
    await sdk.sum('holdfast.circuit_breaker.state', { ...at, 'holdfast.state': 'closed' }),
  ).toBe(2);
});

/** And with `policies: (key) => ...` a fetch has a pipeline of that name for each host. */
it('a fetch with policies of each host shows one rate', async () => {
  const sdk = new Metrics().register();
  const fetching = resilientFetch({
    name: 'hosts',
    policies: () => [circuitBreaker({ minimumCalls: 10, consecutiveFailures: 9 })],
    fetch: async (_url: string) => new Response('', { status: 503 }),
  });
  for (const host of ['a', 'b', 'c']) await fetching(`http://${host}.example/`);
  const rate = { 'holdfast.pipeline': 'hosts' };
  expect(await sdk.sum('holdfast.circuit_breaker.failure_rate', rate)).toBe(1);
});
