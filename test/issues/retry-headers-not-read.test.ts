import { circuitBreaker, retry } from 'holdfast';
import { resilientFetch, retryAfterOf } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { MockAgent } from 'undici';
import { describe, expect, it } from 'vitest';
import { type GlobalFetch, quick, ways } from '../fetch/support/breaker-ways.js';
import { double } from '../fetch/support/double.js';

const URL_A = 'http://a.example/';

describe('x-should-retry', () => {
  const answer = (status: number, said: string) => () =>
    new Response(null, { status, headers: { 'x-should-retry': said } });
  const attempts = async (
    status: number,
    said: string,
    init: object = {},
    options: object = {},
  ) => {
    const sent = double(answer(status, said));
    const send = resilientFetch({ fetch: sent as GlobalFetch, policies: quick, ...options });
    await send(URL_A, init);
    return sent.calls.length;
  };

  it.each([409, 400, 404, 501, 503])('X6: true has %i sent again', async (status) => {
    expect(await attempts(status, ' True ')).toBeGreaterThan(1);
  });

  it.each([408, 429, 500, 503, 529])('X6: false lets %i be', async (status) => {
    expect(await attempts(status, 'false')).toBe(1);
  });

  it('X6: says nothing of a good answer, and nothing in other words', async () => {
    expect(await attempts(200, 'true')).toBe(1);
    expect(await attempts(409, '1')).toBe(1);
    expect(await attempts(503, 'no')).toBeGreaterThan(1);
  });

  it('X3: repeats nothing that may not be repeated', async () => {
    expect(await attempts(409, 'true', { method: 'POST' })).toBe(1);
    expect(await attempts(503, 'true', { method: 'POST' })).toBe(1);
    const key = { method: 'POST', headers: { 'idempotency-key': '"a"' } };
    expect(await attempts(409, 'true', key)).toBeGreaterThan(1);
    expect(await attempts(409, 'true', { holdfast: { retry: false } })).toBe(1);
  });

  it('X6: comes after the caller’s own word', async () => {
    expect(await attempts(409, 'true', {}, { classify: () => false })).toBe(1);
    expect(await attempts(503, 'false', {}, { classify: () => true })).toBeGreaterThan(1);
    const handle = () => false;
    expect(await attempts(409, 'true', {}, { policies: [retry({ handle })] })).toBe(1);
  });

  it('X6: changes nothing of what the breaker counts', async () => {
    for (const [status, said, failures] of [
      [409, 'true', 0],
      [503, 'false', 1],
    ] as const) {
      const clock = new VirtualClock();
      const breaker = circuitBreaker();
      const sent = double(answer(status, said));
      const send = resilientFetch({
        fetch: sent as GlobalFetch,
        clock,
        policies: [retry(), breaker],
      });
      await clock.runUntil(send(URL_A));
      expect(send.snapshot()['http://a.example']?.policies['circuit_breaker']).toMatchObject({
        window: { calls: sent.calls.length, failures },
      });
    }
  });

  it.each(Object.entries(ways))('X6: is read with %s', async (_name, make) => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    const pool = agent.get('http://a.example');
    const headers = (said: string) => ({ headers: { 'x-should-retry': said } });
    pool.intercept({ path: '/again' }).reply(409, '', headers('true'));
    pool.intercept({ path: '/again' }).reply(200, '');
    pool.intercept({ path: '/once' }).reply(503, '', headers('false'));
    const way = make({ policies: quick }, agent);
    expect(await way.status('http://a.example/again')).toBe(200);
    expect(await way.status('http://a.example/once')).toBe(503);
    await agent.close();
  });
});

describe('x-amz-retry-after', () => {
  it('X6: is in milliseconds, after retry-after-ms and before Retry-After', () => {
    const read = (headers: Record<string, string>) => retryAfterOf(headers, 0, 503);
    expect(read({ 'x-amz-retry-after': '1500' })).toBe(1_500);
    expect(read({ 'x-amz-retry-after': '1500', 'retry-after': '60' })).toBe(1_500);
    expect(read({ 'retry-after-ms': '20', 'x-amz-retry-after': '1500' })).toBe(20);
    expect(read({ 'retry-after-ms': 'x', 'x-amz-retry-after': '-1', 'retry-after': '2' })).toBe(
      2_000,
    );
  });

  it('X6: is how long the retry waits', async () => {
    const clock = new VirtualClock();
    const headers = { 'x-amz-retry-after': '4000' };
    const sent = double(() => new Response(null, { status: 503, headers }), 200);
    const send = resilientFetch({ fetch: sent as GlobalFetch, clock });
    const call = send(URL_A);
    await clock.advance('3.9s');
    expect(sent.calls).toHaveLength(1);
    await clock.advance('1s');
    expect((await call).status).toBe(200);
  });
});
