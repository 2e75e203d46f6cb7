import { adaptiveLimiter, circuitBreaker } from 'holdfast';
import { classifyFetchError, resilientFetch } from 'holdfast/fetch';
import { Agent } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { Servers } from '../fetch/support/servers.js';
import { breakerOf, quick, ways } from '../fetch/support/ways.js';

const servers = new Servers();
afterAll(() => servers.close());

/** A fetch that gives up by itself, as many wrappers do. */
const impatient: typeof fetch = async (input, init) => {
  const own = new AbortController();
  const timer = setTimeout(() => own.abort(), 20);
  const follow = (): void => own.abort(init?.signal?.reason);
  if (init?.signal?.aborted === true) follow();
  init?.signal?.addEventListener('abort', follow);
  try {
    return await fetch(input, { ...init, signal: own.signal });
  } finally {
    clearTimeout(timer);
  }
};

/** It ended as AbortError: class `abort`, one request, and eleven hanging calls left the breaker closed. */
describe('a client that gives up by itself', () => {
  const silent = async () => {
    let requests = 0;
    const port = await servers.http(() => void requests++);
    return { url: `http://127.0.0.1:${port}/`, requests: () => requests };
  };

  it('X9: has failed: it is called again, and the breaker counts it', async () => {
    const { url, requests } = await silent();
    const send = resilientFetch({
      fetch: impatient,
      policies: { ...quick, retry: { maxRetries: 2, initialDelay: 0 } },
    });
    const error: unknown = await send(url).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'AbortError' });
    expect(requests()).toBe(3);
    expect(breakerOf(send, new URL(url).origin)).toMatchObject({ window: { failures: 3 } });
  });

  it('X3: a POST is not sent again, and counted', async () => {
    const { url, requests } = await silent();
    const send = resilientFetch({ fetch: impatient, policies: quick });
    await expect(send(url, { method: 'POST', body: 'x' })).rejects.toThrow();
    expect(requests()).toBe(1);
    for (let i = 0; i < 2; i++) await expect(send(url, { method: 'POST' })).rejects.toThrow();
    expect(breakerOf(send, new URL(url).origin)).toMatchObject({ state: 'open' });
  });

  it('G5: the caller’s own abort is none, whatever the client makes of it', async () => {
    const { url, requests } = await silent();
    const stubborn = async (input: string, init?: RequestInit): Promise<Response> =>
      fetch(input, init).catch(() => {
        throw new DOMException('This operation was aborted', 'AbortError');
      });
    const send = resilientFetch({ fetch: stubborn, policies: quick });
    for (const reason of [undefined, new Error('enough'), 'enough']) {
      const caller = new AbortController();
      const call = send(url, { signal: caller.signal });
      setTimeout(() => caller.abort(reason), 10);
      await expect(call).rejects.toBe(caller.signal.reason);
    }
    expect(requests()).toBeLessThanOrEqual(3);
    expect(breakerOf(send, new URL(url).origin)).toMatchObject({ window: { calls: 0 } });
  });

  it('X9: is a sign of overload', async () => {
    const { url } = await silent();
    const send = resilientFetch({
      fetch: impatient,
      policies: [circuitBreaker(), adaptiveLimiter({ algorithm: 'aimd', initialLimit: 10 })],
    });
    await Promise.allSettled(Array.from({ length: 10 }, () => send(url)));
    const { policies } = send.snapshot()[new URL(url).origin] ?? {};
    const { limit } = (policies?.['adaptive_limiter'] ?? {}) as { limit?: number };
    expect(limit).toBeLessThan(10);
  });

  it('X9: is told by classifyFetchError where it is given the signal', () => {
    const aborted = new DOMException('aborted', 'AbortError');
    const byUndici = Object.assign(new Error('aborted'), { code: 'UND_ERR_ABORTED' });
    for (const error of [aborted, byUndici, new TypeError('fetch failed', { cause: aborted })]) {
      expect(classifyFetchError(error)).toBe('abort');
      expect(classifyFetchError(error, new AbortController().signal)).toBe('timeout');
      expect(classifyFetchError(error, AbortSignal.abort('other'))).toBe('abort');
    }
  });

  it.each(Object.entries(ways))('X9: with %s, when a dispatcher aborts', async (_name, make) => {
    const { url, requests } = await silent();
    const agent = new Agent();
    const impatience = agent.compose(
      (dispatch) => (options, handler) =>
        dispatch(options, {
          ...bound(handler),
          onRequestStart(controller, context) {
            handler.onRequestStart?.(controller, context);
            setTimeout(() => controller.abort(new DOMException('late', 'AbortError') as never), 20);
          },
        }),
    );
    const way = make(
      { policies: { ...quick, retry: { ...quick.retry, maxRetries: 1 } } },
      impatience,
    );
    await expect(way.status(url)).rejects.toMatchObject({ name: 'AbortError' });
    expect(requests()).toBe(2);
    expect(breakerOf(way, new URL(url).origin)).toMatchObject({ window: { failures: 2 } });
    await agent.destroy();
  });
});

const REST = [
  'onResponseStart',
  'onResponseData',
  'onResponseEnd',
  'onResponseError',
  'onRequestUpgrade',
];

/** The rest of a handler, whose methods may be those of its class. */
function bound(handler: object): object {
  const methods = handler as Record<string, ((...given: unknown[]) => unknown) | undefined>;
  return Object.fromEntries(
    REST.map((name) => [name, (...given: unknown[]) => methods[name]?.(...given)]),
  );
}
