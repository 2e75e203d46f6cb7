import { Readable } from 'node:stream';
import { ContractError, circuitBreaker, retry, retryBudget } from 'holdfast';
import { type Classify, type ResilientFetchOptions, resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { type Answer, double, reset } from './support/double.js';

const URL_A = 'http://a.example/orders';
const on =
  (...statuses: number[]): Classify =>
  ({ kind, ...outcome }) =>
    kind === 'success' && statuses.includes((outcome as { value: Response }).value.status)
      ? 'retry'
      : undefined;

type Options = ResilientFetchOptions<typeof fetch>;

function make(script: Answer[], options: Options) {
  const sent = double(...script);
  const clock = new VirtualClock();
  const fetch = resilientFetch({
    fetch: sent as never,
    clock,
    policies: [retry({ random: () => 0.5 }), circuitBreaker()],
    ...options,
  });
  return { fetch, sent, clock };
}

const post = { method: 'POST', body: 'a' };

/** What the server says it has not processed is no second order. */
describe("classify answers 'retry'", () => {
  it('X3: a POST is sent again, at once, and the breaker counts no failure', async () => {
    const { fetch, sent, clock } = make([401, 200], { classify: on(401) });
    const started = clock.now();
    expect((await fetch(URL_A, post)).status).toBe(200);
    expect(clock.now()).toBe(started);
    expect(sent.calls.map(({ init }) => init['body'])).toEqual(['a', 'a']);
    const [state] = Object.values(fetch.snapshot());
    expect(state?.policies['circuit_breaker']).toMatchObject({ window: { calls: 2, failures: 0 } });
  });

  it('X3: once a call where the answer is no failure: nothing is waited for', async () => {
    for (const init of [post, {}]) {
      for (const answer of [401, new Response('no', { status: 401 })]) {
        const { fetch, sent } = make([answer], { classify: on(401) });
        expect((await fetch(URL_A, init)).status).toBe(401);
        expect(sent.calls).toHaveLength(2);
      }
    }
  });

  it('X3: a failure is retried, and counted, as ever, a POST too', async () => {
    const { fetch, sent, clock } = make([429, 503, 200], { classify: on(429, 503) });
    const call = fetch(URL_A, post);
    await clock.advance('49ms');
    expect(sent.calls).toHaveLength(1);
    await clock.advance('1s');
    expect((await call).status).toBe(200);
    expect(sent.calls).toHaveLength(3);
    const [state] = Object.values(fetch.snapshot());
    expect(state?.policies['circuit_breaker']).toMatchObject({ window: { calls: 3, failures: 2 } });
  });

  it('X3: so is an error, by the word of who knows', async () => {
    const { fetch, sent, clock } = make([reset(), 200], {
      classify: ({ kind }) => (kind === 'failure' ? 'retry' : undefined),
    });
    const call = fetch(URL_A, post);
    await clock.advance('1s');
    expect((await call).status).toBe(200);
    expect(sent.calls).toHaveLength(2);
  });

  it('X6: waits for as long as the answer asks for', async () => {
    const wait = new Response('', { status: 401, headers: { 'retry-after': '2' } });
    const { fetch, sent, clock } = make([wait, 200], { classify: on(401) });
    const call = fetch(URL_A, post);
    await clock.advance('1.9s');
    expect(sent.calls).toHaveLength(1);
    await clock.advance('1s');
    expect((await call).status).toBe(200);
  });

  it('X4: a stream is not sent twice, nor what must be sent once, nor without budget or retries', async () => {
    const stream = () => ({ ...post, body: Readable.from(['a']), duplex: 'half' });
    const cases: [() => object, Options][] = [
      [stream, {}],
      [() => ({ ...post, holdfast: { retry: false } }), {}],
      [() => ({ holdfast: { retry: false } }), {}],
      [() => post, { policies: [retry({ maxRetries: 0 })] }],
      [() => post, { policies: [retry({ budget: retryBudget({ ratio: 0, minPerSecond: 0 }) })] }],
      [() => post, { policies: [] }],
    ];
    for (const [init, options] of cases) {
      const { fetch, sent } = make([401, 200], { classify: on(401), ...options });
      expect((await fetch(URL_A, init() as RequestInit)).status).toBe(401);
      expect(sent.calls).toHaveLength(1);
    }
  });

  it('X4: a body made by a function is made afresh, and a Request cloned', async () => {
    const { fetch, sent } = make([401, 200, 401, 200], { classify: on(401) });
    let made = 0;
    const body = () => Readable.from([`${++made}`]);
    await fetch(URL_A, { ...post, body: body as never });
    expect(made).toBe(2);
    await fetch(new Request(URL_A, post));
    const texts = sent.calls.slice(2).map(({ input }) => (input as Request).text());
    expect(await Promise.all(texts)).toEqual(['a', 'a']);
  });

  it("X3: the call's word comes before the client's", async () => {
    const { fetch, sent } = make([401, 200], { classify: on(401) });
    const init = { ...post, holdfast: { classify: () => false } };
    expect((await fetch(URL_A, init)).status).toBe(401);
    expect(sent.calls).toHaveLength(1);
  });

  it('X3: another word is a ContractError', async () => {
    const { fetch } = make([200], { classify: (() => 'again') as never });
    await expect(fetch(URL_A)).rejects.toThrow(ContractError);
    await expect(fetch(URL_A)).rejects.toThrow(/"?true, false, 'ignore', 'retry' or undefined/);
  });
});
