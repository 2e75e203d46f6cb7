import { channel } from 'node:diagnostics_channel';
import { resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, Pool, request } from 'undici';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { double, hang } from '../fetch/support/double.js';
import { Servers } from '../fetch/support/servers.js';
import { slowReader } from '../fetch/support/slow-reader.js';

const MIB = 1 << 20;
const SIZE = 16 * MIB;
/** The body takes about 0.8 s, far longer than an attempt may. */
const PACE = 20 * MIB;
const policies = { totalTimeout: '10s', attemptTimeout: 300, retry: { initialDelay: 1 } } as const;

const servers = new Servers();
afterEach(() => servers.close());

/** The first fetch of a process loads it, which may take longer than an attempt may. */
beforeAll(async () => {
  const port = await servers.http((_request, response) => response.end());
  await (await fetch(`http://127.0.0.1:${port}/`)).text();
  await servers.close();
});

function streamOf(size: number): ReadableStream<Uint8Array> {
  let left = size;
  return new ReadableStream({
    pull(controller) {
      left -= 65_536;
      controller.enqueue(new Uint8Array(65_536));
      if (left <= 0) controller.close();
    },
  });
}

/** Each was cut at the attempt timeout, and what could be sent again was started anew, three times. */
describe('an upload that makes progress', () => {
  const bodies: Record<string, () => RequestInit['body'] | (() => RequestInit['body'])> = {
    'a buffer': () => new Uint8Array(SIZE),
    'a text': () => 'x'.repeat(SIZE),
    'a Blob': () => new Blob([new Uint8Array(SIZE)]),
    'a stream': () => streamOf(SIZE),
    'a function': () => () => streamOf(SIZE),
  };
  for (const [name, make] of Object.entries(bodies)) {
    it(`X1: is not cut by the attempt timeout and sent again: ${name}`, async () => {
      const reader = slowReader(PACE);
      const port = await servers.http(reader.listener);
      const fetch = resilientFetch({ policies });
      const init = { method: 'PUT', body: make(), duplex: 'half' } as object;
      const response = await fetch(`http://127.0.0.1:${port}/`, init);
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('ok');
      expect(reader).toMatchObject({ sent: 1, whole: [SIZE] });
    });
  }

  it('X1: nor is one in a form', async () => {
    const reader = slowReader(PACE);
    const port = await servers.http(reader.listener);
    const body = new FormData();
    body.set('file', new Blob([new Uint8Array(SIZE)]));
    const fetch = resilientFetch({ policies });
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'PUT', body });
    expect(await response.text()).toBe('ok');
    expect(reader.sent).toBe(1);
  });

  it('X1: nor is that of a Request', async () => {
    const reader = slowReader(PACE);
    const port = await servers.http(reader.listener);
    const fetch = resilientFetch({ policies });
    const body = new Uint8Array(SIZE);
    const response = await fetch(new Request(`http://127.0.0.1:${port}/`, { method: 'PUT', body }));
    expect(await response.text()).toBe('ok');
    expect(reader).toMatchObject({ sent: 1, whole: [SIZE] });
  });

  it('X1: nor is one through resilientRequest', async () => {
    const reader = slowReader(PACE);
    const port = await servers.http(reader.listener);
    const send = resilientRequest({ policies });
    const body = Buffer.alloc(SIZE);
    const answer = await send(`http://127.0.0.1:${port}/`, { method: 'PUT', body });
    expect(await answer.body.text()).toBe('ok');
    expect(reader).toMatchObject({ sent: 1, whole: [SIZE] });
  });

  it('X1: nor is one through the interceptor', async () => {
    const reader = slowReader(PACE);
    const port = await servers.http(reader.listener);
    const dispatcher = new Agent().compose(resilience({ policies }));
    const body = Buffer.alloc(SIZE);
    const init = { dispatcher, method: 'PUT', body } as const;
    const answer = await request(`http://127.0.0.1:${port}/`, init);
    expect(await answer.body.text()).toBe('ok');
    expect(reader).toMatchObject({ sent: 1, whole: [SIZE] });
    await dispatcher.close();
  });
});

const once = { ...policies, retry: false } as const;
const LARGE = 32 * MIB;

/** Sends a Blob, and answers what came of it and after how long. */
async function put(
  url: string,
  size: number,
  options: object,
): Promise<{ error?: unknown; ms: number }> {
  const fetch = resilientFetch({ policies: { ...once, ...options } });
  const startedAt = performance.now();
  const body = new Blob([new Uint8Array(size)]);
  const ended = await fetch(url, { method: 'PUT', body }).then(
    async (response) => ({ text: await response.text(), status: response.status }),
    (error: unknown) => ({ error }),
  );
  return { ...ended, ms: performance.now() - startedAt };
}

describe('the time of an attempt that uploads', () => {
  it('X1: starts when the body has been sent: nobody answers', async () => {
    const port = await servers.http((request) => void request.resume());
    const { error, ms } = await put(`http://127.0.0.1:${port}/`, SIZE, {});
    expect(error).toMatchObject({ policy: 'attempt_timeout', timeoutMs: 300 });
    expect(ms).toBeGreaterThan(300);
    expect(ms).toBeLessThan(5_000);
  });

  it('X1: is the call’s while the body is never read', async () => {
    const port = await servers.http(() => {});
    const { error } = await put(`http://127.0.0.1:${port}/`, LARGE, { totalTimeout: 600 });
    expect(error).toMatchObject({ policy: 'total_timeout', timeoutMs: 600 });
  });

  it('X1: runs from the start until there is a connection', async () => {
    // Takes connections for TLS, and never says a word.
    const port = await servers.tcp(() => {});
    const { error } = await put(`https://127.0.0.1:${port}/`, SIZE, {});
    expect(error).toMatchObject({ policy: 'attempt_timeout', timeoutMs: 300 });
  });

  it('X1: ends with an answer that comes before all of the body was read', async () => {
    const port = await servers.http((_request, response) => {
      response.writeHead(413).end('too much');
    });
    const ended = await put(`http://127.0.0.1:${port}/`, LARGE, {});
    expect(ended).toMatchObject({ status: 413 });
  });

  it('X1: starts after the last of several bodies, where redirects are followed', async () => {
    const reader = slowReader(PACE);
    const port = await servers.http((request, response) => {
      if (request.url === '/new') return reader.listener(request, response);
      request.resume().on('end', () => response.writeHead(307, { location: '/new' }).end());
    });
    const ended = await put(`http://127.0.0.1:${port}/`, SIZE, {});
    expect(ended).toMatchObject({ status: 200, text: 'ok' });
    expect(reader).toMatchObject({ sent: 1, whole: [SIZE] });
  });

  it('X1: starts with a redirect that asks for no body', async () => {
    const port = await servers.http((request, response) => {
      if (request.url !== '/new') response.writeHead(303, { location: '/new' }).end();
    });
    const { error } = await put(`http://127.0.0.1:${port}/`, LARGE, {});
    expect(error).toMatchObject({ policy: 'attempt_timeout', timeoutMs: 300 });
  });

  it('X1: does not start with what the body itself fetches', async () => {
    const reader = slowReader(PACE);
    const port = await servers.http((request, response) => {
      if (request.url === '/part') response.end(Buffer.alloc(MIB));
      else reader.listener(request, response);
    });
    const url = `http://127.0.0.1:${port}/`;
    async function* parts() {
      for (let i = 0; i < 16; i++)
        yield new Uint8Array(await (await fetch(`${url}part`)).arrayBuffer());
    }
    const send = resilientFetch({ policies: once });
    const init = { method: 'PUT', body: parts(), duplex: 'half' } as object;
    expect((await send(url, init)).status).toBe(200);
    expect(reader).toMatchObject({ sent: 1, whole: [SIZE] });
  });

  it('X1: is each attempt’s own, whatever else is sent at the same time', async () => {
    const reader = slowReader(PACE);
    const port = await servers.http((request, response) => {
      if (request.url === '/') reader.listener(request, response);
      else request.resume();
    });
    const [answered, cut] = await Promise.all([
      put(`http://127.0.0.1:${port}/`, SIZE, {}),
      put(`http://127.0.0.1:${port}/never`, MIB, {}),
    ]);
    expect(answered).toMatchObject({ status: 200 });
    expect(cut.error).toMatchObject({ policy: 'attempt_timeout' });
  });

  it('X1: starts when the body has been sent, also where it had to wait for a connection', async () => {
    const reader = slowReader(PACE);
    const port = await servers.http(reader.listener);
    const url = `http://127.0.0.1:${port}/?n=1`;
    const dispatcher = new Pool(`http://127.0.0.1:${port}`, { connections: 1 });
    const send = resilientRequest({ policies: { ...policies, attemptTimeout: '1500ms' } });
    const put = async () => {
      const body = Buffer.alloc(SIZE);
      return (await send(url, { dispatcher, method: 'PUT', body })).body.text();
    };
    // The second waits for less than an attempt may take, and takes longer with the time it waits.
    expect(await Promise.all([put(), put()])).toEqual(['ok', 'ok']);
    expect(reader).toMatchObject({ sent: 2, whole: [SIZE, SIZE] });
    await dispatcher.destroy();
  });

  it('X1: counts from the start with a fetch of which nothing is known', async () => {
    const clock = new VirtualClock();
    const sent = double(hang);
    const send = resilientFetch({ fetch: sent as unknown as typeof fetch, policies: once, clock });
    const call = send('http://a.example/', { method: 'PUT', body: new Uint8Array(MIB) });
    const ended = call.catch((error: unknown) => error);
    await clock.advance(300);
    expect(await ended).toMatchObject({ policy: 'attempt_timeout', timeoutMs: 300 });
  });

  it('X1: nobody listens to undici any more when no upload is under way', async () => {
    const listens = () =>
      ['undici:request:create', 'undici:client:sendHeaders', 'undici:request:bodySent'].map(
        (name) => channel(name).hasSubscribers,
      );
    const seen: boolean[][] = [];
    const never = () => {
      seen.push(listens());
      return new Promise(() => {});
    };
    const clock = new VirtualClock();
    const send = resilientFetch({ fetch: never as unknown as typeof fetch, policies: once, clock });
    const call = send('http://a.example/', { method: 'PUT', body: new Uint8Array(MIB) });
    const ended = call.catch(() => {});
    await clock.advance(300);
    await ended;
    const small = send('http://a.example/', { method: 'PUT', body: 'small' }).catch(() => {});
    await clock.advance(300);
    await small;
    expect(seen).toEqual([
      [true, true, true],
      [false, false, false],
    ]);
    expect(listens()).toEqual([false, false, false]);
  });
});
