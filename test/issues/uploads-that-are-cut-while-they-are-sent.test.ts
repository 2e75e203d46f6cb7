import { resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { Servers } from '../fetch/support/servers.js';
import { slowReader } from '../fetch/support/slow-reader.js';

const MIB = 1 << 20;
const SIZE = 16 * MIB;
/** The body takes about 0.6 s, far longer than an attempt may. */
const PACE = 28 * MIB;
const policies = { totalTimeout: '10s', attemptTimeout: 200, retry: { initialDelay: 1 } } as const;

const servers = new Servers();
afterEach(() => servers.close());

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
    const response = await fetch(
      new Request(`http://127.0.0.1:${port}/`, { method: 'PUT', body }),
    );
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
