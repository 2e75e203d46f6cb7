import { fallback, retry, timeout } from 'holdfast';
import { attemptsOf, resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { resilience, resilientRequest, attemptsOf as sameOf } from 'holdfast/undici';
import { Agent, MockAgent, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { double, hang, refused } from './support/double.js';

type Fetch = typeof globalThis.fetch;

const URL = 'http://a.example/';
const twice = [retry({ maxRetries: 2, initialDelay: 0 })];

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('the call did not fail');
}

describe('attemptsOf', () => {
  it('X10: tells how often a request was sent that was answered', async () => {
    const script = double(503, 503, 200, 200, 503) as unknown as Fetch;
    const fetch = resilientFetch({ fetch: script, policies: twice });
    expect(attemptsOf(await fetch(URL))).toBe(3);
    const second = await fetch(URL);
    expect([second.status, attemptsOf(second)]).toEqual([200, 1]);
    const last = await fetch(URL);
    expect([last.status, attemptsOf(last)]).toEqual([503, 3]);
    expect(attemptsOf(await fetch(URL, { method: 'POST' }))).toBe(1);
    // A body read does not change it, and nobody else sees it.
    await last.text();
    expect(attemptsOf(last)).toBe(3);
    expect(Reflect.ownKeys(last)).toEqual(Reflect.ownKeys(new Response()));
  });

  it('X10: of responses without a body, and without any policy', async () => {
    const fetch = resilientFetch({ fetch: double(204) as unknown as Fetch, policies: [] });
    expect(attemptsOf(await fetch(URL))).toBe(1);
  });

  it('X10: tells it of errors: those of fetch, and holdfast’s own', async () => {
    const failed = refused();
    const fetch = resilientFetch({ fetch: double(failed) as unknown as Fetch, policies: twice });
    expect(await errorOf(fetch(URL))).toBe(failed);
    expect(attemptsOf(failed)).toBe(3);

    const clock = new VirtualClock();
    const slow = resilientFetch({
      clock,
      fetch: double(503, hang) as unknown as Fetch,
      policies: [timeout(1_000), retry({ maxRetries: 2, initialDelay: 0 })],
    });
    const late = errorOf(slow(URL));
    await clock.advance(1_001);
    expect(await late).toMatchObject({ code: 'ERR_TIMEOUT' });
    expect(attemptsOf(await late)).toBe(2);

    const controller = new AbortController();
    const reason = new Error('enough');
    const given = errorOf(slow(URL, { signal: controller.signal }));
    await clock.advance(10);
    controller.abort(reason);
    expect(await given).toBe(reason);
    expect(attemptsOf(reason)).toBe(1);
  });

  it('X10: is 0 where nothing was sent', async () => {
    const controller = new AbortController();
    const reason = new Error('before');
    controller.abort(reason);
    const fetch = resilientFetch({ fetch: double(200) as unknown as Fetch, policies: twice });
    await errorOf(fetch(URL, { signal: controller.signal }));
    expect(attemptsOf(reason)).toBe(0);
  });

  it('X10: of a Response that calls share, the last call wins', async () => {
    const cached = new Response('cached');
    const failing = resilientFetch({
      fetch: double(new TypeError('fetch failed'), refused()) as unknown as Fetch,
      policies: [fallback(() => cached), retry({ maxRetries: 4, initialDelay: 0 })],
    });
    expect(await failing(URL)).toBe(cached);
    expect(attemptsOf(cached)).toBe(5);
    const hit = resilientFetch({ fetch: (async () => cached) as Fetch, policies: [] });
    expect(await hit(URL)).toBe(cached);
    expect(attemptsOf(cached)).toBe(1);
  });

  it('X10: knows nothing of anything else', async () => {
    const fetch = resilientFetch({ fetch: double(200) as unknown as Fetch, policies: [] });
    const response = await fetch(URL);
    for (const other of [
      new Response(),
      response.clone(),
      new Error('another'),
      'text',
      undefined,
      null,
      1,
    ]) {
      expect(attemptsOf(other)).toBeUndefined();
    }
    const throws = resilientFetch({
      fetch: (() => Promise.reject('a text')) as Fetch,
      policies: [],
    });
    expect(attemptsOf(await errorOf(throws(URL)))).toBeUndefined();
  });

  it('X10: of a Response that is read within the policies, as soon as it is read', async () => {
    const fetch = resilientFetch({
      fetch: double(503, 200, 503) as unknown as Fetch,
      policies: twice,
    });
    expect(await fetch.read(URL, {}, attemptsOf)).toBe(2);
    // The last one, which no retry could replace.
    expect(await fetch.read(URL, {}, attemptsOf)).toBe(3);
  });

  it('X10: takes what is frozen as it is', async () => {
    const frozen = Object.freeze(new Error('frozen'));
    const fetch = resilientFetch({
      fetch: (() => Promise.reject(frozen)) as Fetch,
      policies: [],
    });
    expect(await errorOf(fetch(URL))).toBe(frozen);
    expect([1, undefined]).toContain(attemptsOf(frozen));
  });

  it('X10: of undici, too', async () => {
    expect(sameOf).toBe(attemptsOf);
    const mock = new MockAgent();
    mock.disableNetConnect();
    const pool = mock.get('http://a.example');
    pool.intercept({ path: '/' }).reply(503, 'no').times(2);
    pool.intercept({ path: '/' }).reply(200, 'yes');
    const send = resilientRequest({ policies: twice });
    const answer = await send(URL, { dispatcher: mock });
    expect([answer.statusCode, attemptsOf(answer)]).toEqual([200, 3]);
    await answer.body.dump();

    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    pool.intercept({ path: '/' }).replyWithError(reset).times(3);
    const agent = mock.compose(resilience({ policies: twice }));
    const error = await errorOf(request(URL, { dispatcher: agent }));
    expect(attemptsOf(error)).toBe(3);
    await mock.close();
    await new Agent().close();
  });
});
