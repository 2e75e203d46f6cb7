import { SpanStatusCode } from '@opentelemetry/api';
import { bulkhead, circuitBreaker, pipeline, retry, TimeoutError } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { flakyUpstream } from 'holdfast/testing';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, type Dispatcher } from 'undici';
import { afterEach, expect, it } from 'vitest';
import { rejectionOf, rig } from '../policies/support/rig.js';
import { Metrics, Traces, unregister } from '../telemetry/support/sdk.js';

afterEach(unregister);

/** 30 calls with `AbortSignal.timeout(50)` to an upstream that hangs left no trace of an outage: all were `cancelled`. */
it('G5: calls whose caller’s time is over are timeouts in metrics, spans and events', async () => {
  const sdk = new Metrics().register();
  const spans = new Traces().register();
  const breaker = circuitBreaker({ minimumCalls: 5, failingFor: 0 });
  const slow = pipeline({ name: 'slow', telemetry: { spans: 'always' } }, retry(), breaker);
  const events: unknown[] = [];
  slow.on((event) => {
    if (event.type === 'call' || event.type === 'attempt') events.push(event.outcome);
  });
  const hang = (): Promise<never> => new Promise(() => {});
  const calls = Array.from({ length: 30 }, () =>
    rejectionOf(slow.execute(hang, { signal: AbortSignal.timeout(20) })),
  );
  for (const error of await Promise.all(calls))
    expect(error).toMatchObject({ name: 'TimeoutError' });
  const timedOut = { 'holdfast.pipeline': 'slow', 'holdfast.outcome': 'timeout' };
  expect(await sdk.points('holdfast.calls', timedOut)).toEqual([
    { labels: { 'holdfast.retried': false, 'error.type': 'TimeoutError' }, value: 30 },
  ]);
  expect(await sdk.sum('holdfast.attempts', timedOut)).toBe(30);
  expect(await sdk.sum('holdfast.attempts', { 'holdfast.pipeline': 'slow' })).toBe(30);
  expect(new Set(events)).toEqual(new Set(['timeout']));
  const ended = spans.named('holdfast slow');
  expect(ended).toHaveLength(30);
  for (const span of ended) {
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes).toMatchObject({ 'holdfast.outcome': 'timeout' });
  }
  // By G5 that is for whoever set the time to judge.
  expect(breaker.snapshot()).toMatchObject({ state: 'closed', window: { calls: 0 } });
});

const reasons: readonly (readonly [string, () => unknown, 'timeout' | 'cancelled'])[] = [
  [
    'a DOMException like that of AbortSignal.timeout',
    () => new DOMException('late', 'TimeoutError'),
    'timeout',
  ],
  ['a TimeoutError of another pipeline', () => new TimeoutError('late'), 'timeout'],
  ['an error of that name', () => Object.assign(new Error(), { name: 'TimeoutError' }), 'timeout'],
  ['an AbortError', () => new DOMException('enough', 'AbortError'), 'cancelled'],
  ['an error', () => new Error('TimeoutError'), 'cancelled'],
  ['a text', () => 'TimeoutError', 'cancelled'],
  ['nothing', () => undefined, 'cancelled'],
  ['null', () => null, 'cancelled'],
  [
    'what cannot be read',
    () =>
      new Proxy(
        {},
        {
          get(_target, key) {
            if (key === 'name') throw new Error('no');
          },
        },
      ),
    'cancelled',
  ],
];

it.each(reasons)(
  'G5: %s: in flight, between attempts, in a queue and beforehand',
  async (_what, make, told) => {
    const { clock, pipeline, of } = rig(
      retry({ initialDelay: '1s', maxDelay: '1s', jitter: 'none', maxRetries: 1 }),
      bulkhead({ maxConcurrent: 1, maxQueued: 1 }),
    );
    const reason = make();
    const caller = new AbortController();
    const { signal } = caller;
    const before = new AbortController();
    before.abort(reason);
    const fails = rejectionOf(
      pipeline.execute(() => Promise.reject(new Error('down')), { signal }),
    );
    await clock.advance(1);
    const runs = rejectionOf(pipeline.execute(() => new Promise(() => {}), { signal }));
    const waits = rejectionOf(pipeline.execute(() => 1, { signal }));
    await clock.advance(1);
    caller.abort(reason);
    const late = rejectionOf(pipeline.execute(() => 1, { signal: before.signal }));
    for (const call of [fails, runs, waits, late]) await call;
    expect(of('call').map((event) => 'outcome' in event && event.outcome)).toEqual([
      told,
      told,
      told,
      told,
    ]);
    expect(
      of('attempt')
        .slice(1)
        .map((event) => 'outcome' in event && event.outcome),
    ).toEqual([told]);
  },
);

it('G5: so it is for fetch and undici', async () => {
  const sdk = new Metrics().register();
  await using upstream = await flakyUpstream({ faults: { hang: 1 } });
  const fetch = resilientFetch({ name: 'by_fetch' });
  const request = resilientRequest({ name: 'by_request' });
  const agent = new Agent().compose(resilience({ name: 'by_agent' }));
  const calls = [
    rejectionOf(fetch(upstream.url, { signal: AbortSignal.timeout(30) })),
    rejectionOf(request(upstream.url, { signal: AbortSignal.timeout(30) })),
    rejectionOf(agentRequest(agent, upstream.url, AbortSignal.timeout(30))),
  ];
  await Promise.all(calls);
  for (const name of ['by_fetch', 'by_request', 'by_agent']) {
    const of = { 'holdfast.pipeline': name, 'holdfast.outcome': 'timeout' };
    expect([name, await sdk.sum('holdfast.calls', of)]).toEqual([name, 1]);
    expect([name, await sdk.sum('holdfast.attempts', of)]).toEqual([name, 1]);
  }
  await agent.close();
});

function agentRequest(agent: Dispatcher, origin: string, signal: AbortSignal): Promise<unknown> {
  return agent.request({ origin, path: '/', method: 'GET', signal });
}
