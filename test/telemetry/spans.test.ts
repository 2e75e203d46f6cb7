import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import type { Drive, Driver } from 'holdfast';
import {
  bulkhead,
  ConstantBackoff,
  circuitBreaker,
  fallback,
  pipeline,
  retry,
  timeout,
} from 'holdfast';
import { attemptOf, requestHook } from 'holdfast/telemetry';
import { VirtualClock } from 'holdfast/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Traces, unregister } from './support/sdk.js';

let traces: Traces;
beforeEach(() => {
  traces = new Traces().register();
});
afterEach(unregister);

const at = <T>(run: () => T): T => trace.getTracer('test').startActiveSpan('request', run);
const fails = (error: unknown = new TypeError('down')) => Promise.reject(error);
const again = (maxRetries = 3, delay = 0) =>
  retry({ maxRetries, backoff: new ConstantBackoff(delay) });
const eventsOf = (name = 'holdfast ') =>
  traces.named(name).flatMap(({ events }) => events.map((event) => event.name));

describe('the span of a call', () => {
  it('is made when a recording span is active, and says how the call ended', async () => {
    await at(() => pipeline('orders', retry()).execute(() => 1));
    const [span, ...more] = traces.named('holdfast ');
    expect(more).toEqual([]);
    expect(span).toMatchObject({
      name: 'holdfast orders',
      kind: SpanKind.INTERNAL,
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        'holdfast.pipeline': 'orders',
        'holdfast.outcome': 'success',
        'holdfast.attempts': 1,
      },
    });
  });

  it('is not made where none is active, where it is switched off, or with telemetry off', async () => {
    await pipeline('orders').execute(() => 1);
    await at(() => pipeline({ name: 'never', telemetry: { spans: 'never' } }).execute(() => 1));
    await at(() => pipeline({ name: 'off', telemetry: false }).execute(() => 1));
    expect(traces.named('holdfast ')).toEqual([]);
  });

  it('is made for every call where that is asked for, by the provider that is given', async () => {
    await pipeline({ name: 'always', telemetry: { spans: 'always' } }).execute(() => 1);
    expect(traces.named('holdfast always')).toHaveLength(1);
    const own = new Traces();
    const telemetry = { spans: 'always', tracerProvider: own.provider } as const;
    await pipeline({ name: 'own', telemetry }).execute(() => 1);
    expect(own.named('holdfast own')).toHaveLength(1);
    expect(traces.named('holdfast own')).toEqual([]);
  });

  it('is no error when retries made the failure good, and is one when they did not', async () => {
    let calls = 0;
    const flaky = () => (++calls < 3 ? fails() : 1);
    await at(() => pipeline('good', again()).execute(flaky));
    expect(traces.named('holdfast good')[0]).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'holdfast.outcome': 'success', 'holdfast.attempts': 3 },
    });
    expect(traces.named('holdfast good')[0]?.attributes).not.toHaveProperty('error.type');
    await at(() => pipeline('bad', again(1)).settle(() => fails()));
    const [bad] = traces.named('holdfast bad');
    expect(bad).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'down' },
      attributes: { 'holdfast.outcome': 'failure', 'error.type': 'TypeError' },
    });
    expect(eventsOf('holdfast bad')).toEqual([
      'holdfast.retry',
      'holdfast.retry_stopped',
      'exception',
    ]);
  });

  it('is no error when the caller aborts', async () => {
    const abort = new AbortController();
    const call = at(() =>
      pipeline('gone').settle(() => new Promise(() => {}), { signal: abort.signal }),
    );
    abort.abort();
    await call;
    expect(traces.named('holdfast gone')[0]).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'holdfast.outcome': 'cancelled', 'error.type': 'AbortError' },
    });
  });

  it('carries retries, timeouts, rejections, transitions, fallbacks and waits as events', async () => {
    const clock = new VirtualClock();
    const made = pipeline(
      { name: 'rich', clock },
      fallback('none'),
      again(1, 100),
      circuitBreaker({ consecutiveFailures: 1, handle: () => true }),
      timeout('1s'),
      bulkhead({ maxConcurrent: 1, maxQueued: 1, releaseOnAbandon: true }),
    );
    await clock.runUntil(at(() => made.execute(() => new Promise(() => {}))));
    const [span] = traces.named('holdfast rich');
    expect(span?.events.map(({ name, attributes }) => ({ name, ...attributes }))).toEqual([
      { name: 'holdfast.timeout', 'holdfast.policy': 'timeout', 'holdfast.delay': 1 },
      {
        name: 'holdfast.transition',
        'holdfast.policy': 'circuit_breaker',
        'holdfast.previous_state': 'closed',
        'holdfast.state': 'open',
        'holdfast.reason': 'consecutive_failures',
        'holdfast.enforced': true,
      },
      {
        name: 'holdfast.retry',
        'holdfast.policy': 'retry',
        'holdfast.attempt': 2,
        'holdfast.delay': 0.1,
        'holdfast.outcome': 'timeout',
        'error.type': 'ERR_TIMEOUT',
      },
      {
        name: 'holdfast.rejection',
        'holdfast.policy': 'circuit_breaker',
        'holdfast.reason': 'circuit_open',
        'holdfast.enforced': true,
      },
      {
        name: 'holdfast.retry_stopped',
        'holdfast.policy': 'retry',
        'holdfast.reason': 'rejected',
        'holdfast.rejected_by': 'circuit_breaker',
        'holdfast.attempts': 1,
      },
      {
        name: 'holdfast.fallback',
        'holdfast.policy': 'fallback',
        'holdfast.outcome': 'timeout',
        'error.type': 'ERR_TIMEOUT',
      },
    ]);
    expect(span).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'holdfast.outcome': 'fallback', 'holdfast.attempts': 1 },
    });
  });

  it('has the transition that its own call caused, and not those of others', async () => {
    const breaker = circuitBreaker({ consecutiveFailures: 1 });
    const made = pipeline('causes', breaker);
    let release: (value: number) => void = () => {};
    const slow = at(() => made.settle(() => new Promise((resolve) => (release = resolve))));
    await at(() => made.settle(() => fails()));
    breaker.reset();
    release(1);
    await slow;
    const told = traces
      .named('holdfast causes')
      .map(({ attributes, events }) => [attributes['holdfast.outcome'], events.map((e) => e.name)]);
    expect(told).toEqual([
      ['failure', ['holdfast.transition', 'exception']],
      ['success', []],
    ]);
  });

  it('is the parent of what the operation and a fallback start', async () => {
    const child = (name: string) => trace.getTracer('test').startSpan(name).end();
    const made = pipeline(
      'parent',
      fallback(() => child('in fallback')),
    );
    await at(() =>
      made.execute(async () => {
        child('in operation');
        await null;
        child('later');
        throw new Error('no');
      }),
    );
    const [span] = traces.named('holdfast parent');
    for (const name of ['in operation', 'later', 'in fallback']) {
      expect(traces.named(name)[0]?.parentSpanContext?.spanId, name).toBe(
        span?.spanContext().spanId,
      );
    }
  });
});

describe('context', () => {
  const tagged = (tag: string) =>
    propagation.setBaggage(context.active(), propagation.createBaggage({ tag: { value: tag } }));
  const seen = () => propagation.getActiveBaggage()?.getEntry('tag')?.value;

  it.each(['auto', 'never'] as const)(
    'baggage survives backoff, timeouts set by other calls, and queues, with spans: %s',
    async (spans) => {
      const clock = new VirtualClock();
      const made = pipeline(
        { name: 'baggage', clock, telemetry: { spans } },
        again(9, 50),
        timeout('1s'),
        bulkhead({ maxConcurrent: 1, maxQueued: 20, releaseOnAbandon: true }),
      );
      const runs: string[] = [];
      // Each operation hangs at its first attempt, so that a timer of some other call brings the second about.
      const call = (tag: string) => {
        let attempts = 0;
        return context.with(tagged(tag), () =>
          made.settle(async () => {
            runs.push(`${tag}: ${seen()} ${attemptOf()}`);
            if (++attempts === 1) await new Promise(() => {});
            return 1;
          }),
        );
      };
      await clock.runUntil(Promise.all(['a', 'b', 'c'].map(call)));
      expect(runs.sort()).toEqual(['a: a 1', 'a: a 2', 'b: b 1', 'b: b 2', 'c: c 1', 'c: c 2']);
    },
  );

  it('nothing of a call leaks into what runs after it', async () => {
    const made = pipeline('tidy', again());
    let calls = 0;
    await at(async () => {
      const outer = context.active();
      await made.execute(() => (++calls === 1 ? fails() : 1));
      expect(context.active()).toBe(outer);
      expect(attemptOf()).toBe(1);
    });
  });

  it('attemptOf answers 1 outside of any pipeline', () => {
    expect(attemptOf()).toBe(1);
  });
});

describe('with the instrumentation of undici, over real sockets', () => {
  /** How long an exchange with the server may take on a slow machine. */
  const SLOW = 15_000;
  const server = createServer((request, response) => {
    hits.push(request.headers['traceparent'] as string);
    const next = script.shift() ?? 200;
    if (next === 'hang') return;
    response.writeHead(next).end();
  });
  let script: (number | 'hang')[] = [];
  let hits: string[] = [];
  let url = '';
  const instrumentation = new UndiciInstrumentation({ requestHook });

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  beforeEach(() => {
    hits = [];
    instrumentation.setTracerProvider(traces.provider);
    instrumentation.enable();
  });
  afterEach(() => instrumentation.disable());
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const get = async (signal: AbortSignal): Promise<number> => {
    const response = await fetch(url, { signal });
    await response.arrayBuffer();
    if (response.status >= 500) throw new Error(`status ${response.status}`);
    return response.status;
  };

  /** After a second without an answer it runs the rest once more, beside the first run. */
  const hedgeByHand: Driver = {
    role: 'driver',
    type: 'hedge',
    async drive(drive: Drive) {
      const runs = [drive.next()];
      const first = await Promise.race([...runs, drive.sleep(1_000)]);
      if (typeof first === 'object') return first;
      runs.push(drive.next({ kind: 'hedge' }));
      return Promise.race(runs);
    },
  };

  it('a call that is retried, hedged by hand and then succeeds is one trace, span by span', async () => {
    const clock = new VirtualClock();
    const made = pipeline({ name: 'stock', clock }, again(2, 1), hedgeByHand);
    script = [503, 'hang', 200];
    const answer = at(() => made.execute(({ signal }) => get(signal)));
    await vi.waitFor(() => expect(clock.nextDue).toBe(1), SLOW);
    await clock.advance(1);
    await vi.waitFor(() => expect(hits).toHaveLength(2), SLOW);
    await clock.advance('1s');
    expect(await answer).toBe(200);
    // The span of the request that was given up ends with it.
    await vi.waitFor(
      () => expect(traces.spans.filter(({ kind }) => kind === SpanKind.CLIENT)).toHaveLength(3),
      SLOW,
    );
    const [call] = traces.named('holdfast stock');
    expect(call?.parentSpanContext).toBeDefined();
    expect(call?.attributes).toMatchObject({
      'holdfast.attempts': 3,
      'holdfast.outcome': 'success',
    });
    expect(call?.status.code).toBe(SpanStatusCode.UNSET);
    expect(call?.events.map(({ name, attributes }) => ({ name, ...attributes }))).toEqual([
      {
        name: 'holdfast.retry',
        'holdfast.policy': 'retry',
        'holdfast.attempt': 2,
        'holdfast.delay': 0.001,
        'holdfast.outcome': 'failure',
        'error.type': 'Error',
      },
      { name: 'holdfast.hedge', 'holdfast.attempt': 3, 'holdfast.outcome': 'success' },
    ]);
    const clients = traces.spans
      .filter(({ kind }) => kind === SpanKind.CLIENT)
      .sort(
        (a, b) =>
          hits.findIndex((h) => h.includes(a.spanContext().spanId)) -
          hits.findIndex((h) => h.includes(b.spanContext().spanId)),
      );
    expect(clients).toHaveLength(3);
    for (const client of clients) {
      expect(client.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
      expect(client.spanContext().traceId).toBe(call?.spanContext().traceId);
    }
    expect(
      clients.map(({ attributes }) => [
        attributes['http.response.status_code'],
        attributes['http.request.resend_count'],
      ]),
    ).toEqual([
      [503, undefined],
      [undefined, 1],
      [200, 2],
    ]);
    // What the server was told is what the clients' spans say.
    expect(hits.map((header) => header.split('-')[2])).toEqual(
      clients.map((client) => client.spanContext().spanId),
    );
  });

  it('a retry that a timeout brought about is sent in the trace of its own call', async () => {
    const clock = new VirtualClock();
    const made = pipeline({ name: 'slow', clock }, again(1, 1), timeout(500));
    script = ['hang', 'hang', 'hang', 200, 200, 200];
    const answers = [1, 2, 3].map(() => at(() => made.execute(({ signal }) => get(signal))));
    await vi.waitFor(() => expect(hits).toHaveLength(3), SLOW);
    await clock.advance(501);
    await Promise.all(answers);
    const calls = traces.named('holdfast slow');
    expect(new Set(calls.map((span) => span.spanContext().traceId)).size).toBe(3);
    for (const call of calls) {
      const resent = traces.spans.filter(
        ({ attributes, parentSpanContext }) =>
          attributes['http.request.resend_count'] === 1 &&
          parentSpanContext?.spanId === call.spanContext().spanId,
      );
      expect(resent).toHaveLength(1);
    }
  });
});
