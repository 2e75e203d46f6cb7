import { adaptiveLimiter } from 'holdfast';
import { classifyFetchError, resilientFetch } from 'holdfast/fetch';
import { Agent } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { breakerOf, type GlobalFetch, quick, ways } from '../fetch/support/breaker-ways.js';
import { double } from '../fetch/support/double.js';
import { Servers } from '../fetch/support/servers.js';

const servers = new Servers();
afterAll(() => servers.close());

/** A fetch that gives up by itself, as many wrappers do, and counts its calls. */
function impatient() {
  const count = { calls: 0 };
  const send: typeof fetch = async (input, init) => {
    count.calls++;
    const own = new AbortController();
    const timer = setTimeout(() => own.abort(), 10);
    init?.signal?.addEventListener('abort', () => own.abort(init.signal?.reason));
    try {
      return await fetch(input, { ...init, signal: own.signal });
    } finally {
      clearTimeout(timer);
    }
  };
  return { count, fetch: send };
}

/** It ended as AbortError: class `abort`, one request, and eleven hanging calls left the breaker closed. */
describe('a client that gives up by itself', () => {
  const silent = async () => `http://127.0.0.1:${await servers.http(() => {})}/`;

  it('X9: has failed: it is called again, and the breaker counts it', async () => {
    const url = await silent();
    const { count, fetch } = impatient();
    const retry = { ...quick.retry, maxRetries: 1 };
    const send = resilientFetch({ fetch, policies: { ...quick, retry } });
    const error: unknown = await send(url).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'AbortError' });
    expect(count.calls).toBe(2);
    expect(breakerOf(send, new URL(url).origin)).toMatchObject({ window: { failures: 2 } });
  });

  it('X3: a POST is not sent again, and counted', async () => {
    const url = await silent();
    const { count, fetch } = impatient();
    const send = resilientFetch({ fetch, policies: quick });
    for (let i = 0; i < 3; i++) await expect(send(url, { method: 'POST' })).rejects.toThrow();
    expect(count.calls).toBe(3);
    expect(breakerOf(send, new URL(url).origin)).toMatchObject({ state: 'open' });
  });

  it('G5: the caller’s own abort is none, whatever the client makes of it', async () => {
    const url = await silent();
    const stubborn = async (input: string, init?: RequestInit): Promise<Response> =>
      fetch(input, init).catch(() => {
        throw new DOMException('This operation was aborted', 'AbortError');
      });
    const send = resilientFetch({ fetch: stubborn, policies: quick });
    for (const reason of [undefined, new Error('enough'), 'enough']) {
      const caller = new AbortController();
      const outcome = send(url, { signal: caller.signal }).catch((thrown: unknown) => thrown);
      setTimeout(() => caller.abort(reason), 5);
      expect(await outcome).toBe(caller.signal.reason);
    }
    expect(breakerOf(send, new URL(url).origin)).toMatchObject({ window: { calls: 0 } });
  });

  it('X9: is a sign of overload', async () => {
    const aborted = () => {
      throw new DOMException('This operation was aborted', 'AbortError');
    };
    const limiter = adaptiveLimiter({ algorithm: 'aimd', initialLimit: 20 });
    const send = resilientFetch({ fetch: double(aborted) as GlobalFetch, policies: [limiter] });
    await Promise.allSettled(Array.from({ length: 20 }, () => send('http://a.example/')));
    const { policies } = send.snapshot()['http://a.example'] ?? {};
    expect(policies?.['adaptive_limiter']).toMatchObject({ limit: 10 });
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
    const url = await silent();
    let requests = 0;
    const agent = new Agent();
    const impatience = agent.compose(
      (dispatch) => (options, handler) =>
        dispatch(options, {
          ...bound(handler),
          onRequestStart(controller, context) {
            requests++;
            handler.onRequestStart?.(controller, context);
            setTimeout(() => controller.abort(new DOMException('late', 'AbortError') as never), 20);
          },
        }),
    );
    const way = make(
      { policies: { ...quick, retry: { ...quick.retry, maxRetries: 1 } } },
      impatience,
    );
    const error: unknown = await way.status(url).catch((thrown: unknown) => thrown);
    expect(classifyFetchError(error)).toBe('abort');
    expect(requests).toBe(2);
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
