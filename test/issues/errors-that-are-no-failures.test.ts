import { SpanStatusCode } from '@opentelemetry/api';
import { circuitBreaker, handleType, keyed, pipeline, retry, standard, throttle } from 'holdfast';
import { toCockatiel } from 'holdfast/cockatiel';
import { resilientFetch } from 'holdfast/fetch';
import { flakyUpstream } from 'holdfast/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { Metrics, Traces, unregister } from '../telemetry/support/sdk.js';

afterEach(unregister);

class NotFound extends Error {}
class Unavailable extends Error {}

/** What {@link standard}'s own idea of failure and the pipeline's have in common. */
const isFailure = ({ kind, ...rest }: { kind: string; error?: unknown }) =>
  kind === 'failure' && !(rest.error instanceof NotFound);

const finds = (i: number) => async (): Promise<string> => {
  if (i % 16 === 0) throw new NotFound(`${i}`);
  return `${i}`;
};

/** 6% of the calls ended in an error that is an answer: policies had to be told each by itself, and metrics called it a failure all the same. */
describe('an error that is no failure', () => {
  const failed = { 'holdfast.outcome': 'failure' };

  it('is none in metrics and spans, where the pipeline says so', async () => {
    const sdk = new Metrics().register();
    const spans = new Traces().register();
    const shop = pipeline({ name: 'shop', isFailure, telemetry: { spans: 'always' } }, retry());
    const ends = await Promise.all(Array.from({ length: 160 }, (_, i) => shop.settle(finds(i))));
    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(10);
    expect(await sdk.sum('holdfast.calls', failed)).toBe(0);
    expect(await sdk.sum('holdfast.attempts', failed)).toBe(0);
    expect(await sdk.points('holdfast.calls', { 'holdfast.pipeline': 'shop' })).toEqual([
      { labels: { 'holdfast.outcome': 'success', 'holdfast.retried': false }, value: 160 },
    ]);
    const durations = await sdk.points('holdfast.call.duration', { 'holdfast.pipeline': 'shop' });
    expect(durations).toEqual([{ labels: { 'holdfast.outcome': 'success' }, value: 160 }]);
    const statuses = spans.named('holdfast ').map(({ status }) => status.code);
    expect(new Set(statuses)).toEqual(new Set([SpanStatusCode.UNSET]));
    expect(spans.named('holdfast ').every(({ events }) => events.length === 0)).toBe(true);
  });

  it('is "ignored" where a filter does not name it, and opens no breaker', async () => {
    const sdk = new Metrics().register();
    const breaker = circuitBreaker({ minimumCalls: 5, failingFor: 0 });
    const shop = pipeline({ name: 'strict', isFailure: handleType(Unavailable) }, retry(), breaker);
    const ended = { 'holdfast.pipeline': 'strict', 'holdfast.outcome': 'ignored' };
    for (let i = 0; i < 20; i++) await shop.settle(finds(0));
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot()).toMatchObject({ window: { calls: 0, failures: 0 } });
    expect(await sdk.points('holdfast.calls', ended)).toEqual([
      { labels: { 'holdfast.retried': false }, value: 20 },
    ]);
    expect(await sdk.points('holdfast.attempts', ended)).toEqual([
      { labels: { 'holdfast.attempt.kind': 'first' }, value: 20 },
    ]);
  });

  it('is none for the pipeline that a standard() with isFailure is spread into, and for its copies', async () => {
    const sdk = new Metrics().register();
    const more = throttle({ minimumCalls: 1 });
    const one = pipeline('one', more, ...standard({ isFailure, retry: { initialDelay: 0 } }));
    const copies = keyed(pipeline('copies', ...standard({ isFailure })));
    for (let i = 0; i < 30; i++) {
      await one.settle(finds(0));
      await copies.settle('a', finds(0));
    }
    expect(await sdk.sum('holdfast.calls', failed)).toBe(0);
    for (const name of ['one', 'copies']) {
      const of = { 'holdfast.pipeline': name };
      expect(await sdk.sum('holdfast.calls', { ...of, 'holdfast.outcome': 'success' })).toBe(30);
      expect(await sdk.sum('holdfast.attempts', of)).toBe(30);
    }
    expect(more.snapshot()).toMatchObject({ accepts: 30, probability: 0 });
  });

  it('is "ignored" where classify of a fetch says so', async () => {
    const sdk = new Metrics().register();
    await using upstream = await flakyUpstream();
    upstream.script('/', [503, 503, 503]);
    const fetch = resilientFetch({
      name: 'quiet',
      policies: { circuitBreaker: { minimumCalls: 1, failingFor: 0 }, adaptiveLimiter: false },
      classify: ({ kind }) => (kind === 'success' ? 'ignore' : undefined),
    });
    for (let i = 0; i < 3; i++) expect((await fetch(upstream.url)).status).toBe(503);
    expect(upstream.stats().requests).toBe(3);
    expect(Object.values(fetch.snapshot())).toMatchObject([
      { policies: { circuit_breaker: { state: 'closed', window: { calls: 0 } } } },
    ]);
    expect(await sdk.points('holdfast.calls', { 'holdfast.pipeline': 'quiet' })).toEqual([
      { labels: { 'holdfast.outcome': 'ignored', 'holdfast.retried': false }, value: 3 },
    ]);
  });
});

it('an error that is no failure is, to cockatiel, one that no filter names', async () => {
  const seen: unknown[] = [];
  const calls = toCockatiel(pipeline({ name: 'cockatiel', isFailure }));
  calls.onSuccess(() => seen.push('success'));
  calls.onFailure(({ handled }) => seen.push(handled ? 'failure' : 'other'));
  for (const error of [new NotFound(), new Unavailable()]) {
    await calls.execute(() => Promise.reject(error)).catch(() => {});
  }
  await calls.execute(async () => 1);
  expect(seen).toEqual(['other', 'failure', 'success']);
});
