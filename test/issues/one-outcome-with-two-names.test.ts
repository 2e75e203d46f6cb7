import { trace } from '@opentelemetry/api';
import type { PipelineEvent } from 'holdfast';
import { fallback, pipeline, retry } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { logEvents } from 'holdfast/telemetry';
import { resilience } from 'holdfast/undici';
import { MockAgent, request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { double, refused } from '../fetch/support/double.js';
import { Traces, unregister } from '../telemetry/support/sdk.js';

type Fetch = typeof globalThis.fetch;
const URL = 'http://a.example/';
const once = { maxRetries: 1, initialDelay: 0 };

afterEach(unregister);

/** What events say of how something ended. */
function said(events: readonly PipelineEvent[]): unknown[] {
  return events.flatMap((event) =>
    event.type === 'attempt' ||
    event.type === 'retry' ||
    event.type === 'retry_stopped' ||
    event.type === 'fallback'
      ? [[event.type, event.outcome, event.status]]
      : [],
  );
}

/** A 503 that was retried was a failure to `attempt` and a success to `retry` and `retry_stopped`. */
describe('one outcome has one word in all events, and its status', () => {
  it('X10: a retried response', async () => {
    const events: PipelineEvent[] = [];
    const script = double(503, 429, 404) as unknown as Fetch;
    const fetch = resilientFetch({ fetch: script, policies: [retry(once)] });
    fetch.on((event) => events.push(event));
    await fetch(URL);
    await fetch(URL);
    expect(said(events)).toEqual([
      ['attempt', 'failure', 503],
      ['retry', 'failure', 503],
      ['attempt', 'failure', 429],
      ['retry_stopped', 'failure', 429],
      // To HTTP, an answer that the caller has to look at.
      ['attempt', 'success', 404],
    ]);
  });

  it('X10: what classify and a handle of one’s own say', async () => {
    const events: PipelineEvent[] = [];
    const fetch = resilientFetch({
      fetch: double(200, 200) as unknown as Fetch,
      classify: () => true,
      policies: [fallback(() => new Response('instead'), { handle: () => true }), retry(once)],
    });
    fetch.on((event) => events.push(event));
    await fetch(URL);
    expect(said(events)).toEqual([
      ['attempt', 'failure', 200],
      ['retry', 'failure', 200],
      ['attempt', 'failure', 200],
      ['retry_stopped', 'failure', 200],
      ['fallback', 'failure', 200],
    ]);
  });

  it('X10: errors that carry a status, and errors that carry none', async () => {
    const events: PipelineEvent[] = [];
    const http = Object.assign(new Error('Request failed with status code 503'), {
      name: 'HTTPError',
      response: { status: 503, headers: new Headers() },
    });
    const exit = Object.assign(refused(), { status: 1 });
    const fetch = resilientFetch({
      fetch: double(http, exit) as unknown as Fetch,
      policies: [retry(once)],
    });
    fetch.on((event) => events.push(event));
    await fetch(URL).catch(() => {});
    expect(said(events)).toEqual([
      ['attempt', 'failure', 503],
      ['retry', 'failure', 503],
      ['attempt', 'failure', undefined],
      ['retry_stopped', 'failure', undefined],
    ]);
  });

  it('X10: through an interceptor', async () => {
    const events: PipelineEvent[] = [];
    const mock = new MockAgent();
    mock.disableNetConnect();
    mock.get('http://a.example').intercept({ path: '/' }).reply(503, 'no').times(2);
    const layer = resilience({ policies: [retry(once)] });
    layer.on((event) => events.push(event));
    const { body } = await request(URL, { dispatcher: mock.compose(layer) });
    await body.dump();
    expect(said(events)).toEqual([
      ['attempt', 'failure', 503],
      ['retry', 'failure', 503],
      ['attempt', 'failure', 503],
      ['retry_stopped', 'failure', 503],
    ]);
    await mock.close();
  });

  it('any pipeline can say which results are failures, and which status something has', async () => {
    const events: PipelineEvent[] = [];
    const own = pipeline(
      {
        name: 'own',
        errorTypeOf: (result) => ((result as { s: number }).s >= 500 ? 'bad' : undefined),
        statusOf: (result) => {
          const { s } = result as { s?: number };
          if (s === 599) throw new Error('cannot be read');
          return s;
        },
      },
      retry({ ...once, handle: ({ kind }) => kind === 'success' }),
    );
    own.on((event) => events.push(event));
    let s = 500;
    await own.execute(() => ({ s: s++ }));
    await own.execute(() => ({ s: 599 }));
    expect(said(events)).toEqual([
      ['attempt', 'failure', 500],
      ['retry', 'failure', 500],
      ['attempt', 'failure', 501],
      ['retry_stopped', 'failure', 501],
      ['attempt', 'failure', undefined],
      ['retry', 'failure', undefined],
      ['attempt', 'failure', undefined],
      ['retry_stopped', 'failure', undefined],
    ]);
  });

  it('log lines and spans say the same, with the names of HTTP’s convention', async () => {
    const traces = new Traces().register();
    const lines: object[] = [];
    const script = double(503, 503) as unknown as Fetch;
    const fetch = resilientFetch({ fetch: script, policies: [retry(once)] });
    const log = (fields: object): void => void lines.push(fields);
    logEvents(fetch, { debug: log, info: log, warn: log, error: log });
    await trace.getTracer('test').startActiveSpan('outer', async (span) => {
      await fetch(URL);
      span.end();
    });
    const events = traces.named('holdfast').flatMap((span) => span.events);
    const named = (name: string) => events.filter((event) => event.name === name);
    const status = { 'http.response.status_code': 503 };
    const failed = { 'holdfast.outcome': 'failure', 'error.type': '503', ...status };
    expect(lines).toMatchObject([failed]);
    expect(named('holdfast.retry')).toMatchObject([{ attributes: failed }]);
    expect(named('holdfast.retry_stopped')).toMatchObject([{ attributes: status }]);
  });
});
