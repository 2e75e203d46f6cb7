import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TimeoutError } from '../../src/errors.js';
import type { BodyBounds } from '../../src/fetch/response/body-guard.js';
import { guardResponse } from '../../src/fetch/response/guarded-response.js';
import type { ResponseLike } from '../../src/fetch/types.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { systemClock } from '../../src/time/clock.js';
import { timeSourceOf } from '../../src/time/time-source.js';
import { implementations } from './support/implementations.js';
import { Servers } from './support/servers.js';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;
const tick = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await tick();
  }
}

describe.each(implementations)('$name', ({ fetch, connections }) => {
  const servers = new Servers();
  let url = '';
  let serverClosed: Promise<unknown>;
  let finish: ServerResponse | undefined;
  let agent = connections(1);

  beforeAll(async () => {
    const port = await servers.http((request, response) => {
      serverClosed = new Promise((resolve) => request.socket.once('close', resolve));
      if (request.url === '/stalled') {
        response.writeHead(200, { 'content-length': 6 }).write('abc');
        finish = response;
      } else if (request.url === '/none') response.writeHead(204).end();
      else response.end('{"a":1}');
    });
    url = `http://127.0.0.1:${port}`;
  });
  afterAll(() => servers.close());
  afterEach(async () => {
    finish = undefined;
    await agent.close();
    agent = connections(1);
  });

  const timeoutError = new TimeoutError('Timed out');
  const call = async (path: string, bounds: Partial<BodyBounds>): Promise<Response> => {
    const controller = new AbortController();
    const init = { ...agent.init, signal: controller.signal };
    const response = await fetch(`${url}${path}`, init as RequestInit);
    const time = timeSourceOf(systemClock);
    const defaults = { time, idleMs: Infinity, bodyMs: Infinity, timeoutError: () => timeoutError };
    guardResponse(response, controller, { ...defaults, ...bounds });
    return response;
  };

  it('X7: a body that stalls past the deadline fails with the TimeoutError, and frees its socket', async () => {
    const clock = new VirtualClock();
    const response = await call('/stalled', { time: timeSourceOf(clock), bodyMs: 500 });
    const text = response.text();
    text.catch(() => {});
    await clock.advance(499);
    await tick();
    await clock.advance(1);
    await expect(text).rejects.toBe(timeoutError);
    await serverClosed;
    expect(clock.pending).toBe(0);
  });

  it('X7: a body read only after the deadline fails with the TimeoutError', async () => {
    const clock = new VirtualClock();
    const response = await call('/stalled', { time: timeSourceOf(clock), bodyMs: 500 });
    await clock.advance(500);
    await serverClosed;
    await expect(response.text()).rejects.toBe(timeoutError);
  });

  it('X7: a body read through its stream is bounded too', async () => {
    const clock = new VirtualClock();
    const response = await call('/stalled', { time: timeSourceOf(clock), bodyMs: 500 });
    const stream = Readable.fromWeb(response.body as never);
    const chunks = stream.toArray();
    chunks.catch(() => {});
    await tick();
    await clock.advance(500);
    await expect(chunks).rejects.toBe(timeoutError);
  });

  it('X7: the caller’s abort ends the reading with its reason, and leaves no listener', async () => {
    const caller = new AbortController();
    const response = await call('/stalled', { signal: caller.signal });
    expect(listeners(caller.signal)).toBe(1);
    const text = response.text();
    const reason = new Error('enough');
    caller.abort(reason);
    await expect(text).rejects.toBe(reason);
    await serverClosed;
    expect(listeners(caller.signal)).toBe(0);
  });

  it('X7: an abort that came with the headers ends the reading at once', async () => {
    const reason = new Error('enough');
    const response = await call('/stalled', { signal: AbortSignal.abort(reason) });
    await expect(response.text()).rejects.toBe(reason);
  });

  it('X7: once the body is read, nothing is left', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    const bounds = { time: timeSourceOf(clock), signal, bodyMs: 500 };
    for (const read of ['text', 'json', 'arrayBuffer', 'blob', 'formData'] as const) {
      const response = await call('/', bounds);
      expect([clock.pending, listeners(signal)]).toEqual([1, 1]);
      await response[read]().catch(() => {});
      await tick();
      expect([clock.pending, listeners(signal)], read).toEqual([0, 0]);
    }
  });

  it('X7: the Response stays what it is', async () => {
    const clock = new VirtualClock();
    const response = await call('/', { time: timeSourceOf(clock), bodyMs: 500 });
    const clone = response.clone();
    expect(await response.json()).toEqual({ a: 1 });
    expect(response.bodyUsed).toBe(true);
    expect(response.text.name).toBe('text');
    expect(Object.keys(response)).toEqual([]);
    await expect(response.text()).rejects.toThrow(TypeError);
    expect(await clone.text()).toBe('{"a":1}');
  });

  it('X7: a method without its Response fails as that of fetch does', async () => {
    const plain = await fetch(url, agent.init as RequestInit);
    await plain.text();
    const response = await call('/', {});
    const errorOf = async (text: () => Promise<unknown>): Promise<unknown> =>
      text().catch((error: unknown) => String(error));
    const { text } = response;
    expect(await errorOf(text)).toBe(await errorOf(plain.text));
    await response.text();
  });

  it('X7: a body that comes in time is read whole, after its time was set', async () => {
    const clock = new VirtualClock();
    const response = await call('/stalled', { time: timeSourceOf(clock), bodyMs: 500 });
    const text = response.text();
    finish?.end('def');
    expect(await text).toBe('abcdef');
    await clock.advance(1_000);
  });

  it('X7: without a body there is nothing to guard', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    await call('/none', { time: timeSourceOf(clock), signal, bodyMs: 500 });
    expect([clock.pending, listeners(signal)]).toEqual([0, 0]);
  });

  it('X7: without a time of its own, a body nobody can read any more is let go of', async () => {
    const { signal } = new AbortController();
    const unread = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await call('/', { signal });
    };
    await unread();
    expect(listeners(signal)).toBe(1);
    // The last one may still be on the stack.
    await (await call('/', {})).text();
    await until(() => listeners(signal) === 0);
    expect(listeners(signal)).toBe(0);
  });

  it('X7: a body nobody reads is let go of at the deadline', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    for (let i = 0; i < 20; i++)
      await call('/', { time: timeSourceOf(clock), signal, bodyMs: 500 });
    await clock.advance(500);
    expect([clock.pending, listeners(signal)]).toEqual([0, 0]);
  });

  it('X7: a stream in use is not let go of, though its Response is', async () => {
    const clock = new VirtualClock();
    const reader = await (async () => {
      const response = await call('/stalled', { time: timeSourceOf(clock), bodyMs: 500 });
      return (response.body as ReadableStream<Uint8Array>).getReader();
    })();
    expect(Buffer.from((await reader.read()).value ?? '').toString()).toBe('abc');
    let collections = 0;
    await until(() => ++collections > 20);
    expect(clock.pending).toBe(1);
    const more = reader.read();
    more.catch(() => {});
    await clock.advance(500);
    await expect(more).rejects.toBe(timeoutError);
  });

  it('X7: 2,000 calls on one long-lived signal leave no listener', async () => {
    const { signal } = new AbortController();
    let most = 0;
    const worker = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) {
        const response = await call('/', { signal, bodyMs: 60_000 });
        most = Math.max(most, listeners(signal));
        await response.text();
      }
    };
    await agent.close();
    agent = connections(20);
    await Promise.all(Array.from({ length: 20 }, worker));
    await tick();
    expect(most).toBe(1);
    expect(listeners(signal)).toBe(0);
  });
});

describe('a Response that is a double', () => {
  const double = (): ResponseLike & { text(): Promise<string> } => ({
    status: 200,
    headers: new Headers(),
    body: new ReadableStream(),
    text: async () => 'abc',
  });
  const bounds = (clock: VirtualClock): BodyBounds => ({
    time: timeSourceOf(clock),
    idleMs: Infinity,
    bodyMs: 500,
    timeoutError: () => new Error('late'),
  });

  it('X7: answered for two calls is guarded for the later one', async () => {
    const clock = new VirtualClock();
    const response = double();
    const aborted: string[] = [];
    const { text } = response;
    for (const name of ['first', 'second']) {
      guardResponse(response, { abort: () => void aborted.push(name) }, bounds(clock));
    }
    expect(clock.pending).toBe(1);
    await clock.advance(500);
    expect(aborted).toEqual(['second']);
    expect(text).not.toBe(response.text);
    expect(await response.text()).toBe('abc');
  });

  it('X7: frozen is guarded all the same', async () => {
    const clock = new VirtualClock();
    const aborted: unknown[] = [];
    guardResponse(
      Object.freeze(double()),
      { abort: (reason) => void aborted.push(reason) },
      bounds(clock),
    );
    await clock.advance(500);
    expect(aborted).toEqual([new Error('late')]);
  });

  it('X7: with nothing to bound it by has nothing armed', () => {
    const clock = new VirtualClock();
    guardResponse(double(), new AbortController(), { ...bounds(clock), bodyMs: Infinity });
    expect(clock.pending).toBe(0);
  });
});
