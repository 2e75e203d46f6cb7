import type { ChaosOptions } from 'holdfast';
import { chaos, isInjected, pipeline, retry, standard } from 'holdfast';
import { attemptsOf, resilientFetch } from 'holdfast/fetch';
import { flakyUpstream } from 'holdfast/testing';
import { resilience } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** An error as Node's fetch throws it. */
const networkError = (code: string): TypeError =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });

const quick = standard({
  retry: { initialDelay: 0, budget: false },
  circuitBreaker: false,
  adaptiveLimiter: false,
});

let upstream: Awaited<ReturnType<typeof flakyUpstream>>;
beforeAll(async () => {
  upstream = await flakyUpstream();
});
afterAll(() => upstream.close());

function client(options: ChaosOptions) {
  const policy = chaos({ seed: 5, ...options });
  const fetch = resilientFetch({ policies: [...quick, policy] });
  return { fetch, policy, served: upstream.stats().requests };
}

const since = (before: number): number => upstream.stats().requests - before;

describe('chaos in a fetch client, over real sockets', () => {
  it('C1: the upstream answers everything until it is switched on, and after it was stopped', async () => {
    const { fetch, policy, served } = client({
      faults: { rate: 1, error: () => networkError('ECONNRESET') },
    });
    expect((await fetch(upstream.url)).status).toBe(200);
    policy.start();
    const error: unknown = await fetch(upstream.url).catch((each: unknown) => each);
    expect(error).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNRESET' } });
    expect(isInjected(error)).toBe(true);
    expect(attemptsOf(error)).toBe(4);
    policy.stop();
    expect((await fetch(upstream.url)).status).toBe(200);
    expect(since(served)).toBe(2);
  });

  it('C3: a POST is sent again after an injected fault exactly if it is after a real one', async () => {
    for (const [code, attempts] of [
      ['ECONNRESET', 1],
      ['ECONNREFUSED', 4],
    ] as const) {
      const { fetch, policy } = client({
        faults: {
          rate: 1,
          error: () => {
            // As Node's: it names who did not accept the connection.
            const { hostname: address, port } = new URL(upstream.url);
            const connect = { syscall: 'connect', address, port: Number(port) };
            const cause = { code, ...(code === 'ECONNRESET' ? { syscall: 'read' } : connect) };
            return new TypeError('fetch failed', { cause: Object.assign(new Error(code), cause) });
          },
        },
      });
      policy.start();
      const error: unknown = await fetch(upstream.url, { method: 'POST', body: 'x' }).catch(
        (each: unknown) => each,
      );
      expect([code, attemptsOf(error)]).toEqual([code, attempts]);
    }
  });

  it('C3: Responses are made for each attempt, retried as their status says, and can be read', async () => {
    const { fetch, policy, served } = client({
      results: { rate: 1, value: () => new Response('busy', { status: 503 }) },
    });
    policy.start();
    const response = await fetch(upstream.url);
    expect([response.status, await response.text(), attemptsOf(response)]).toEqual([
      503,
      'busy',
      4,
    ]);
    const read = await fetch.read(upstream.url, undefined, (each) => each.text());
    expect(read).toBe('busy');
    const posted = await fetch(upstream.url, { method: 'POST', body: 'x' });
    expect([posted.status, attemptsOf(posted)]).toEqual([503, 1]);
    expect(since(served)).toBe(0);
  });

  it('C3: a latency is met by the attempt timeout, and the request is never sent', async () => {
    const policy = chaos({ latency: { rate: 1, delay: '1h' } });
    const fetch = resilientFetch({
      policies: [
        ...standard({ retry: false, totalTimeout: '20s', attemptTimeout: '50ms' }),
        policy,
      ],
    });
    const served = upstream.stats().requests;
    policy.start();
    await expect(fetch(upstream.url)).rejects.toThrow('timed out');
    expect(since(served)).toBe(0);
  });

  it('C3: with half of the attempts failing, retries get all calls through, and only those reach the upstream', async () => {
    const policy = chaos({
      seed: 11,
      faults: { rate: 0.5, error: () => networkError('ECONNRESET') },
    });
    const fetch = resilientFetch({
      policies: [retry({ maxRetries: 30, initialDelay: 0, budget: false }), policy],
    });
    const served = upstream.stats().requests;
    policy.start();
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const response = await fetch(upstream.url);
        await response.text();
        return response.status;
      }),
    );
    expect(statuses.every((status) => status === 200)).toBe(true);
    expect(since(served)).toBe(50);
    expect(policy.snapshot().injections.fault).toBeGreaterThan(20);
  });

  it('C3: around a fetch in an operation it works as around any other', async () => {
    const policy = chaos({ faults: { rate: 1, error: () => networkError('ECONNRESET') } });
    const calls = pipeline('calls', retry({ maxRetries: 1, initialDelay: 0 }), policy);
    const get = () => calls.execute(({ signal }) => fetch(upstream.url, { signal }));
    expect(await (await get()).text()).toBeTypeOf('string');
    const served = upstream.stats().requests;
    policy.start();
    await expect(get()).rejects.toThrow('fetch failed');
    expect(since(served)).toBe(0);
  });

  it('C3: an interceptor of undici injects where it sends: a POST is not sent again after a reset', async () => {
    const policy = chaos({ faults: { rate: 1, error: () => networkError('ECONNRESET') } });
    const agent = new Agent().compose(resilience({ policies: [...quick, policy] }));
    const send = (method: 'GET' | 'POST') => request(upstream.url, { dispatcher: agent, method });
    await (await send('GET')).body.json();
    const served = upstream.stats().requests;
    policy.start();
    await expect(send('POST')).rejects.toThrow('fetch failed');
    expect(policy.snapshot().injections.fault).toBe(1);
    await expect(send('GET')).rejects.toThrow('fetch failed');
    expect(policy.snapshot().injections.fault).toBe(5);
    expect(since(served)).toBe(0);
    await agent.close();
  });
});
