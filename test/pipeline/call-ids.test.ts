import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Gate, PipelineEvent } from 'holdfast';
import {
  bulkhead,
  circuitBreaker,
  fallback,
  keyed,
  pipeline,
  RejectedError,
  retry,
  TimeoutError,
  timeout,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { logEvents } from 'holdfast/telemetry';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

const hangs = () => new Promise<never>(() => {});
const BUSY = { status: 503 };

/** The types of the events of each call, in order. */
function byCall(events: readonly PipelineEvent[]): string[][] {
  const calls = new Map<number | undefined, string[]>();
  for (const { callId, type } of events) {
    calls.set(callId, [...(calls.get(callId) ?? []), type]);
  }
  return [...calls.values()];
}

describe('callId', () => {
  it('G14: is the same in each event of a call, and another one in each call', async () => {
    const clock = new VirtualClock();
    const events: PipelineEvent[] = [];
    const stock = pipeline(
      { name: 'stock', clock },
      fallback('none'),
      retry({ maxRetries: 1, jitter: 'none' }),
      timeout('1s'),
      bulkhead({ maxConcurrent: 1, maxQueued: 1, releaseOnAbandon: true }),
    );
    stock.on((event) => events.push(event));
    const calls = Promise.all([stock.execute(hangs), stock.execute(hangs)]);
    await clock.advance('10s');
    await calls;
    expect(byCall(events)).toEqual([
      ['queued', 'timeout', 'retry', 'queued', 'timeout', 'retry_stopped', 'fallback', 'call'],
      ['timeout', 'attempt', 'retry', 'timeout', 'attempt', 'retry_stopped', 'fallback', 'call'],
    ]);
    expect(events.every(({ callId }) => Number.isSafeInteger(callId))).toBe(true);
  });

  it('G14: is unique in the process: in other pipelines, nested and keyed ones too', async () => {
    const ids: unknown[] = [];
    const inner = pipeline('inner', bulkhead());
    const some = [pipeline('a'), pipeline('b', inner)];
    const tenants = keyed(pipeline('c'));
    for (const each of [...some, tenants]) each.on('call', ({ callId }) => ids.push(callId));
    for (const each of some) await each.execute(() => 1);
    await tenants.execute('x', () => 1);
    await tenants.execute('y', () => 1);
    expect(new Set(ids).size).toBe(4);
    expect(ids).not.toContain(undefined);
  });

  it('G14: is that of the nested pipeline’s outer call, and of the call that changes a shared breaker', async () => {
    const heard: (readonly [string, string, number | undefined])[] = [];
    const breaker = circuitBreaker({ consecutiveFailures: 1, failingFor: 0 });
    const inner = pipeline('inner', breaker);
    const outer = pipeline('outer', inner);
    const other = pipeline('other', breaker);
    for (const [name, each] of Object.entries({ inner, outer, other })) {
      each.on((event) => heard.push([name, event.type, event.callId]));
    }
    await outer.settle(() => Promise.reject(new Error('down')));
    const ids = new Set(heard.map(([, , id]) => id));
    expect(ids.size).toBe(1);
    expect(ids).not.toContain(undefined);
    expect(heard.map(([name, type]) => `${name} ${type}`)).toEqual(
      expect.arrayContaining(['inner transition', 'outer transition', 'other transition']),
    );
  });

  it('G14: is undefined for what happens outside any call', () => {
    const breaker = circuitBreaker();
    const stock = pipeline('stock', breaker);
    const events: PipelineEvent[] = [];
    stock.on((event) => events.push(event));
    breaker.trip();
    breaker.reset();
    expect(events.map(({ type, callId }) => [type, callId])).toEqual([
      ['transition', undefined],
      ['transition', undefined],
    ]);
  });

  it('G14: is known to policies of one’s own, before and after the first event', async () => {
    const ids: unknown[] = [];
    const own: Gate = {
      role: 'gate',
      type: 'own',
      enter: ({ callId }) => void ids.push(callId),
      exit: ({ callId }) => void ids.push(callId),
    };
    const stock = pipeline('stock', own);
    stock.on(({ callId }) => ids.push(callId));
    await stock.execute(() => 1);
    await stock.execute(() => 1);
    expect([new Set(ids.slice(0, 4)).size, new Set(ids.slice(4)).size]).toEqual([1, 1]);
    expect(new Set(ids).size).toBe(2);
  });

  it('G14: is in the messages of diagnostics channels, and in log lines', async () => {
    const messages: PipelineEvent[] = [];
    const onMessage = (message: unknown) => void messages.push(message as PipelineEvent);
    const channels = ['holdfast:call', 'holdfast:attempt', 'holdfast:transition'];
    for (const name of channels) subscribe(name, onMessage);
    const lines: Record<string, unknown>[] = [];
    const write = (fields: object): void => void lines.push(fields as Record<string, unknown>);
    try {
      const stock = pipeline(
        'stock',
        retry({ maxRetries: 1, initialDelay: 0 }),
        circuitBreaker({ minimumCalls: 2, failingFor: 0 }),
      );
      logEvents(stock, { debug: write, info: write, warn: write, error: write });
      await stock.settle(() => Promise.reject(new Error('down')));
      await stock.execute(() => 1).catch(() => {});
    } finally {
      for (const name of channels) unsubscribe(name, onMessage);
    }
    const [first, second] = byCall(messages);
    expect(first?.sort()).toEqual(['attempt', 'attempt', 'call', 'transition']);
    expect(second).toEqual(['call']);
    expect(new Set(lines.map((line) => line['holdfast.call_id']))).toEqual(
      new Set([messages[0]?.callId]),
    );
  });

  it('G14: is in body_failure, and in the transition that it causes', async () => {
    const broken = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.error(new TypeError('terminated')),
        }),
      );
    const send = resilientFetch({
      fetch: async (_url: string, _init?: object) => broken(),
      policies: { circuitBreaker: { consecutiveFailures: 1, failingFor: 0 } },
    });
    const events: PipelineEvent[] = [];
    send.on((event) => events.push(event));
    const response = await send('http://a.example/');
    await response.text().catch(() => {});
    const [types, ...others] = byCall(events);
    expect(types?.sort()).toEqual(['attempt', 'body_failure', 'call', 'transition']);
    expect(others).toEqual([]);
    expect(events[0]?.callId).toBeTypeOf('number');
  });
});

describe('the value or error that an event is about', () => {
  it('is in retry, retry_stopped, fallback, attempt, discard and call', async () => {
    const clock = new VirtualClock();
    const events: PipelineEvent[] = [];
    const handle = (outcome: { kind: string }): boolean => outcome.kind === 'success';
    const stock = pipeline(
      { name: 'stock', clock },
      fallback('none', { handle }),
      retry({ maxRetries: 1, handle }),
    );
    stock.on((event) => events.push(event));
    await clock.runUntil(stock.execute(() => BUSY));
    expect(events).toMatchObject([
      { type: 'attempt', value: BUSY },
      { type: 'retry', value: BUSY, error: undefined },
      { type: 'discard', value: BUSY },
      { type: 'attempt', value: BUSY },
      { type: 'retry_stopped', value: BUSY, error: undefined },
      { type: 'fallback', value: BUSY, error: undefined },
      { type: 'discard', value: BUSY },
      { type: 'call', outcome: 'fallback', value: 'none' },
    ]);
  });

  it('is the error that the call ends with in timeout and rejection', async () => {
    const clock = new VirtualClock();
    const heard: unknown[] = [];
    const stock = pipeline({ name: 'stock', clock }, timeout('1s'), bulkhead({ maxConcurrent: 1 }));
    stock.on('timeout', ({ error }) => heard.push(error));
    stock.on('rejection', ({ error }) => heard.push(error));
    const late = stock.settle(hangs);
    const refused = stock.settle(hangs);
    await clock.advance('1s');
    const ends = await Promise.all([refused, late]);
    expect(heard).toEqual([expect.any(RejectedError), expect.any(TimeoutError)]);
    expect(heard).toEqual(ends.map((end) => (end as PromiseRejectedResult).reason));
  });
});
