import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, type Dispatcher, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { double, refused, reset } from '../fetch/support/double.js';
import { Servers } from '../fetch/support/servers.js';

const policies = {
  retry: { maxRetries: 2, initialDelay: 0, maxDelay: 0 },
  circuitBreaker: false,
} as const;

/** Where nobody listens. */
async function deadOrigin(): Promise<string> {
  const servers = new Servers();
  const port = await servers.listen(createServer());
  await servers.close();
  return `http://127.0.0.1:${port}`;
}

/**
 * undici fails all requests that wait for a connection with one and the same error. That a POST may not be sent again was noted
 * on it, and no GET that shared it was retried.
 */
describe('an error that several requests share', () => {
  const ways = {
    'resilientRequest()': (agent: Agent) => {
      const send = resilientRequest({ policies });
      return {
        on: send.on,
        send: (url: string, init?: object) => send(url, { dispatcher: agent, ...init }),
      };
    },
    'resilience()': (agent: Agent) => {
      const interceptor = resilience({ policies });
      const dispatcher: Dispatcher = agent.compose(interceptor);
      return {
        on: interceptor.on,
        send: (url: string, init?: object) => request(url, { dispatcher, ...init }),
      };
    },
  };

  it.each(Object.entries(ways))('X3: is no reason not to retry a GET, with %s', async (_, make) => {
    const origin = await deadOrigin();
    const agent = new Agent({ connections: 1 });
    const { on, send } = make(agent);
    let retries = 0;
    on('retry', () => retries++);
    const body = Readable.from(['abc']).on('error', () => {});
    const calls = [
      send(`${origin}/`, { method: 'POST', body }),
      send(`${origin}/a`),
      send(`${origin}/b`),
    ];
    const errors = await Promise.all(calls.map((call) => call.catch((error: unknown) => error)));
    expect(errors).toMatchObject(Array(3).fill({ code: 'ECONNREFUSED' }));
    expect(retries).toBe(4);
    await agent.close();
  });

  it('X2: reaches each caller as it came', async () => {
    const error = reset();
    const fetch = resilientFetch({
      fetch: double(error) as unknown as typeof globalThis.fetch,
      policies,
    });
    for (const method of ['POST', 'GET', 'GET']) {
      await expect(fetch('http://a.example/', { method })).rejects.toBe(error);
    }
  });

  it('X3: keeps what it means for each request', async () => {
    const error = Object.freeze(refused());
    const fetch = double(error);
    const send = resilientFetch({ fetch: fetch as unknown as typeof globalThis.fetch, policies });
    const attempts = async (init: object): Promise<number> => {
      const before = fetch.calls.length;
      await expect(send('http://a.example/', init)).rejects.toBe(error);
      return fetch.calls.length - before;
    };
    expect(await attempts({ method: 'POST', holdfast: { retry: false } })).toBe(1);
    expect(await attempts({ method: 'POST' })).toBe(3);
    expect(await attempts({ holdfast: { classify: () => false } })).toBe(1);
    expect(await attempts({})).toBe(3);
  });

  it('X9: is recognised whatever its class', async () => {
    const error = new DOMException('late', 'TimeoutError');
    const fetch = double(error as unknown as Error);
    const send = resilientFetch({ fetch: fetch as unknown as typeof globalThis.fetch, policies });
    for (let i = 0; i < 2; i++) await expect(send('http://a.example/')).rejects.toBe(error);
    expect(fetch.calls).toHaveLength(6);
  });
});
