import type { Outcome } from 'holdfast';
import { isFetchFailure, resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { resilience } from 'holdfast/undici';
import { Agent, interceptors, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { double } from '../fetch/support/double.js';
import { Servers } from '../fetch/support/servers.js';

/** As undici's interceptor `responseError` makes them. */
const statusError = (statusCode: number, headers = {}): Error =>
  Object.assign(new Error('Response Error'), { code: 'UND_ERR_RESPONSE', statusCode, headers });

/** Any status that a client had made an error was a failure: 404s opened the circuit breaker. */
describe('a status that a client made an error', () => {
  it.each([
    [404, false],
    [400, false],
    [503, true],
    [429, true],
  ])('X2: is judged as any other: %i', (status, failed) => {
    const error = statusError(status);
    const wrapped = new TypeError('fetch failed', { cause: error });
    expect(isFetchFailure({ kind: 'failure', error } as Outcome)).toBe(failed);
    expect(isFetchFailure({ kind: 'failure', error: wrapped } as Outcome)).toBe(failed);
  });

  it('X2: is a failure where it cannot be seen', () => {
    const error = Object.assign(new Error('no'), { code: 'UND_ERR_RESPONSE' });
    expect(isFetchFailure({ kind: 'failure', error } as Outcome)).toBe(true);
  });

  it('X6: says when to come back', async () => {
    const clock = new VirtualClock();
    const cause = statusError(503, { 'retry-after': '7' });
    const fetch = double(new TypeError('fetch failed', { cause }), 200);
    const send = resilientFetch({
      fetch: fetch as unknown as typeof globalThis.fetch,
      policies: { retry: { random: () => 0 } },
      clock,
    });
    const call = send('http://a.example/');
    await clock.advance(6_999);
    expect(fetch.calls).toHaveLength(1);
    await clock.advance(1);
    expect((await call).status).toBe(200);
  });

  it('X2: with undici’s own interceptor inside', async () => {
    const servers = new Servers();
    const asked: string[] = [];
    const port = await servers.http(({ url = '' }, response) => {
      asked.push(url);
      response.writeHead(url === '/gone' || asked.length > 2 ? 404 : 503).end();
    });
    const agent = new Agent();
    const policies = { retry: { initialDelay: 0, maxDelay: 0 } };
    const dispatcher = agent.compose(interceptors.responseError(), resilience({ policies }));
    const get = (path: string) => request(`http://127.0.0.1:${port}${path}`, { dispatcher });
    try {
      await expect(get('/gone')).rejects.toMatchObject({ statusCode: 404 });
      await expect(get('/busy')).rejects.toMatchObject({ statusCode: 404 });
      expect(asked).toEqual(['/gone', '/busy', '/busy']);
    } finally {
      await agent.close();
      await servers.close();
    }
  });
});
