import { SpanStatusCode } from '@opentelemetry/api';
import type { PipelineEvent } from 'holdfast';
import { bulkhead, pipeline, timeout } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { flakyUpstream } from 'holdfast/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { Metrics, Traces, unregister } from '../telemetry/support/sdk.js';

afterEach(unregister);

const atOnce = { retry: { maxRetries: 1, initialDelay: 0, maxDelay: 0 } };

/** An upstream that answered nothing but 503 showed as one success after the other. */
describe('a failure status is a failure in metrics', () => {
  it('of a resilient fetch, whose Response is returned all the same', async () => {
    const sdk = new Metrics().register();
    await using upstream = await flakyUpstream();
    const fetch = resilientFetch({ name: 'shop', policies: atOnce });
    upstream.script('/', [503, 503, 503, 200, 404]);
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await fetch(upstream.url)).status);
    expect(statuses).toEqual([503, 200, 404]);
    const calls = await sdk.points('holdfast.calls', { 'holdfast.pipeline': 'shop' });
    expect(calls).toEqual(
      expect.arrayContaining([
        {
          labels: { 'holdfast.outcome': 'failure', 'holdfast.retried': true, 'error.type': '503' },
          value: 1,
        },
        { labels: { 'holdfast.outcome': 'success', 'holdfast.retried': true }, value: 1 },
        { labels: { 'holdfast.outcome': 'success', 'holdfast.retried': false }, value: 1 },
      ]),
    );
    expect(calls).toHaveLength(3);
    const attempts = await sdk.points('holdfast.attempts', {
      'holdfast.pipeline': 'shop',
      'holdfast.outcome': 'failure',
    });
    expect(attempts).toEqual(
      expect.arrayContaining([
        { labels: { 'holdfast.attempt.kind': 'first' }, value: 2 },
        { labels: { 'holdfast.attempt.kind': 'retry' }, value: 1 },
      ]),
    );
    const durations = await sdk.points('holdfast.call.duration', {
      'holdfast.pipeline': 'shop',
      'holdfast.outcome': 'failure',
    });
    expect(durations).toEqual([{ labels: { 'error.type': '503' }, value: 1 }]);
  });

  it('also where no policy looks at it, and of what classify finds in a 200', async () => {
    const sdk = new Metrics().register();
    await using upstream = await flakyUpstream();
    const fetch = resilientFetch({ name: 'bare', policies: [] });
    upstream.script('/', [500, 200]);
    await fetch(upstream.url);
    await fetch(upstream.url, {}, { classify: () => true });
    const failed = { 'holdfast.pipeline': 'bare', 'holdfast.outcome': 'failure' };
    const calls = await sdk.points('holdfast.calls', failed);
    expect(calls.map(({ labels }) => labels['error.type']).sort()).toEqual(['500', '_OTHER']);
  });

  it('and in its span', async () => {
    const spans = new Traces().register();
    await using upstream = await flakyUpstream();
    const fetch = resilientFetch({
      policies: atOnce,
      telemetry: { spans: 'always' },
    });
    upstream.script('/', [503, 503]);
    await fetch(upstream.url);
    const [span] = spans.named('holdfast ');
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
    expect(span?.attributes).toMatchObject({ 'holdfast.outcome': 'failure', 'error.type': '503' });
  });

  it('any pipeline can say which of its results are failures', async () => {
    const sdk = new Metrics().register();
    const events: PipelineEvent[] = [];
    const replies = pipeline({
      name: 'replies',
      errorTypeOf: (reply) => (reply as { error?: string }).error,
    });
    await replies.execute(() => ({ error: 'UNAVAILABLE' }));
    replies.on((event) => events.push(event));
    expect(await replies.execute(() => ({ error: 'UNAVAILABLE' }))).toEqual({
      error: 'UNAVAILABLE',
    });
    expect(await replies.settle(() => ({}))).toEqual({ status: 'fulfilled', value: {} });
    expect(events.map((event) => 'outcome' in event && [event.type, event.outcome])).toEqual([
      ['attempt', 'failure'],
      ['call', 'failure'],
      ['attempt', 'success'],
      ['call', 'success'],
    ]);
    const labels = { 'holdfast.pipeline': 'replies', 'error.type': 'UNAVAILABLE' };
    expect(await sdk.points('holdfast.calls', labels)).toHaveLength(1);
  });

  it('a function that aborts the call finds its result there already', async () => {
    const caller = new AbortController();
    const slots = bulkhead({ maxConcurrent: 1 });
    const calls = pipeline(
      { name: 'aborts', errorTypeOf: () => void caller.abort() },
      timeout('1s'),
      slots,
    );
    expect(await calls.execute(() => 1, { signal: caller.signal })).toBe(1);
    expect(calls.inFlight).toBe(0);
    expect(slots.snapshot().inFlight).toBe(0);
    expect(await calls.execute(() => 2)).toBe(2);
  });

  it('a function that throws, or answers no string, changes nothing', async () => {
    for (const errorTypeOf of [
      () => {
        throw new Error('mine');
      },
      () => 7 as never,
    ]) {
      const sdk = new Metrics().register();
      const calls = pipeline({ name: `odd${String(errorTypeOf).length}`, errorTypeOf });
      expect(await calls.execute(() => 1)).toBe(1);
      const points = await sdk.points('holdfast.calls', { 'holdfast.pipeline': calls.name });
      expect(points.map(({ labels }) => labels['holdfast.outcome'])).toEqual(['success']);
    }
  });
});
