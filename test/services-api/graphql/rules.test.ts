import { createServer, type RequestListener } from 'node:http';
import { ConfigError, ContractError, retry, timeout } from 'holdfast';
import { attemptsOf, resilientFetch } from 'holdfast/fetch';
import { type GraphqlOptions, graphqlRules, isGraphqlFailure } from 'holdfast/services';
import { VirtualClock } from 'holdfast/testing';
import { Response as OtherResponse } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { type Answer, double } from '../../fetch/support/double.js';
import { Servers } from '../../fetch/support/servers.js';

const url = 'http://api.example/graphql';
const QUERY = JSON.stringify({ query: '{ a }' });
const MUTATION = JSON.stringify({ query: 'mutation { a }' });
const GOOD = { data: { a: 1 } };
const failing = (code: string) => ({ data: null, errors: [{ extensions: { code } }] });

const json = (result: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(result), {
    status,
    headers: { 'content-type': 'application/graphql-response+json; charset=utf-8', ...headers },
  });

function client(script: Answer[], options: GraphqlOptions = {}) {
  const fetch = double(...script);
  return resilientFetch({
    policies: [retry({ initialDelay: 0, budget: false })],
    ...graphqlRules({ ...options, fetch: fetch as typeof globalThis.fetch }),
  });
}

const post = (script: Answer[], body = QUERY, options?: GraphqlOptions) =>
  client(script, options)(url, { method: 'POST', body });

const attempts = async (script: Answer[], body = QUERY, options?: GraphqlOptions) =>
  attemptsOf(await post(script, body, options));

describe('graphqlRules', () => {
  const servers = new Servers();
  afterAll(() => servers.close());
  const serve = async (listener: RequestListener) =>
    `http://127.0.0.1:${await servers.listen(createServer(listener))}/`;

  it('Y1: codes decide whatever the status, and statuses where there are none that are known', async () => {
    expect(await attempts([json(failing('TIMEOUT'), 200), json(GOOD)])).toBe(2);
    expect(await attempts([json(failing('TIMEOUT'), 400), json(GOOD)])).toBe(2);
    expect(await attempts([json(failing('GRAPHQL_VALIDATION_FAILED'), 500), json(GOOD)])).toBe(1);
    expect(await attempts([json({ errors: [{ message: 'no' }] }, 500), json(GOOD)])).toBe(2);
    expect(await attempts([json({ errors: [{ message: 'no' }] }, 400), json(GOOD)])).toBe(1);
    expect(await attempts([json({ errors: [{ message: 'no' }] }, 200), json(GOOD)])).toBe(1);
    expect(await attempts([json(GOOD, 503), json(GOOD)])).toBe(2);
    // Partial data with a failed status: the gateway is to blame.
    expect(await attempts([json({ ...failing('FORBIDDEN'), ...GOOD }, 502), json(GOOD)])).toBe(2);
  });

  it('Y1: what is no result is judged by its status', async () => {
    const typed = (text: string, status = 200) =>
      new Response(text, { status, headers: { 'content-type': 'application/json' } });
    expect(await attempts([typed('{"errors":['), json(GOOD)])).toBe(1);
    expect(await attempts([typed('', 502), json(GOOD)])).toBe(2);
    expect(await attempts([new Response('<html>"errors"', { status: 503 }), json(GOOD)])).toBe(2);
    expect(await attempts([204])).toBe(1);
    const plain = { status: 503, headers: new Headers({ 'content-type': 'application/json' }) };
    expect(await attempts([() => plain, json(GOOD)])).toBe(2);
    expect(await attempts([() => undefined])).toBeUndefined();
  });

  it('Y3: only what is known to be a query is sent again after an answer', async () => {
    const failed = () => [json(failing('TIMEOUT')), json(GOOD)];
    expect(await attempts(failed())).toBe(2);
    expect(await attempts(failed(), MUTATION)).toBe(1);
    expect(
      await attempts(failed(), JSON.stringify([JSON.parse(QUERY), JSON.parse(MUTATION)])),
    ).toBe(1);
    expect(await attempts(failed(), '{"extensions":{"persistedQuery":{"sha256Hash":"a"}}}')).toBe(
      1,
    );
    expect(await attempts(failed(), JSON.stringify({ query: 'subscription { a }' }))).toBe(1);
    expect(await attempts(failed(), 'no json')).toBe(1);
    const asked: unknown[] = [];
    const idempotent: GraphqlOptions['idempotent'] = (operation) => {
      asked.push(operation);
      return operation.name === 'Buy' ? true : undefined;
    };
    const persisted = JSON.stringify({ operationName: 'Buy', extensions: {} });
    expect(await attempts(failed(), persisted, { idempotent })).toBe(2);
    expect(await attempts(failed(), MUTATION, { idempotent })).toBe(1);
    expect(asked).toEqual([
      { kind: undefined, name: 'Buy' },
      { kind: 'mutation', name: undefined },
    ]);
    const get = (query: string) =>
      client(failed())(`${url}?query=${encodeURIComponent(query)}`).then(attemptsOf);
    expect(await get('{ a }')).toBe(2);
    expect(await get('mutation { a }')).toBe(1);
    expect(await get('subscription { a }')).toBe(1);
    const put = client([503, json(GOOD)])(url, { method: 'PUT', body: MUTATION });
    expect(attemptsOf(await put)).toBe(1);
  });

  it.each(['retry-after', 'ratelimit-reset'])('Y4: %s may say when to come back', async (name) => {
    const clock = new VirtualClock();
    const fetch = double(json(failing('RATE_LIMITED'), 200, { [name]: '7' }), json(GOOD));
    const guarded = resilientFetch({
      clock,
      policies: [retry({ jitter: 'none' })],
      ...graphqlRules({ fetch: fetch as typeof globalThis.fetch }),
    });
    const response = guarded(url, { method: 'POST', body: QUERY });
    await clock.advance(6_900);
    expect(fetch.calls).toHaveLength(1);
    await clock.advance(3_000);
    expect(attemptsOf(await response)).toBe(2);
  });

  it('Y5: the Response is of the class of its fetch, and has what it came with', async () => {
    const came = new OtherResponse(JSON.stringify(GOOD), {
      status: 201,
      statusText: 'Made',
      headers: { 'content-type': 'application/json', 'x-id': '7' },
    });
    Object.defineProperty(came, 'url', { value: 'http://elsewhere.example/' });
    Object.defineProperty(came, 'redirected', { value: true });
    const response = await post([came as unknown as Response]);
    expect(response).toBeInstanceOf(OtherResponse);
    const { status, statusText, redirected, type, headers } = response;
    expect({ status, statusText, redirected, type }).toEqual({
      status: 201,
      statusText: 'Made',
      redirected: true,
      type: 'default',
    });
    expect(response.url).toBe('http://elsewhere.example/');
    expect(headers.get('x-id')).toBe('7');
    expect(await response.clone().json()).toEqual(GOOD);
    expect(await response.text()).toBe(JSON.stringify(GOOD));
  });

  it('Y5: a long result arrives whole, by stream, and its rest can be given up', async () => {
    const closed = withResolvers();
    const address = await serve((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.write(JSON.stringify({ errors: [{ extensions: { code: 'TIMEOUT' } }] }));
      if (request.url === '/whole') response.end(' '.repeat(300_000));
      else response.on('close', closed.resolve);
    });
    const fetch = resilientFetch({ ...graphqlRules({ maxBytes: 20 }) });
    const init = { method: 'POST', body: QUERY };
    const whole = await (await fetch(`${address}whole`, init)).text();
    expect(whole.length).toBe(300_000 + 46);
    const response = await fetch(address, init);
    expect(attemptsOf(response)).toBe(1);
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.length).toBe(46);
    await reader?.cancel();
    await closed.promise;
    const declared = json(GOOD, 200, { 'content-length': '21' });
    expect(await post([declared], QUERY, { maxBytes: 20 })).toBe(declared);
  });

  it('Y5: a status that no constructor of a Response takes passes as it came', async () => {
    const address = await serve((_request, response) => {
      response.writeHead(999, { 'content-type': 'application/json' });
      response.end('{"errors":[]}');
    });
    const response = await resilientFetch(graphqlRules())(address, { method: 'POST', body: QUERY });
    expect(response.status).toBe(999);
    expect(await response.json()).toEqual({ errors: [] });
  });

  it('Y5: a body that fails or stalls fails its attempt, and a mutation is not sent again', async () => {
    let requests = 0;
    const address = await serve((request, response) => {
      requests++;
      request.resume();
      response.setHeader('content-type', 'application/json');
      if (requests === 2) return response.end(JSON.stringify(GOOD));
      response.writeHead(200, { 'content-length': 50 });
      response.write('{"errors":[');
      return request.on('end', () => response.destroy());
    });
    const fetch = resilientFetch({
      policies: [retry({ initialDelay: 0 })],
      ...graphqlRules(),
    });
    const response = await fetch(address, { method: 'POST', body: QUERY });
    expect(await response.json()).toEqual(GOOD);
    expect(requests).toBe(2);
    await expect(fetch(address, { method: 'POST', body: MUTATION })).rejects.toThrow();
    expect(requests).toBe(3);
    const clock = new VirtualClock();
    const stalling = await serve((_request, answer) => {
      answer.writeHead(200, { 'content-type': 'application/json' });
      answer.write('{');
    });
    const bounded = resilientFetch({ clock, policies: [timeout('1s')], ...graphqlRules() });
    const stalled = bounded(stalling, { method: 'POST', body: QUERY });
    stalled.catch(() => {});
    await clock.advance(1_001);
    await expect(stalled).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
  });

  it('Y1: wrong options are refused when the rules are made', () => {
    const wrong = (options: unknown) => () => graphqlRules(options as GraphqlOptions);
    expect(wrong({ maxBytes: 0 })).toThrow(ConfigError);
    expect(wrong({ codes: 7 })).toThrow(
      'graphqlRules.codes: must be a table of statuses by code, or a function of a code and its error (got 7)',
    );
    expect(wrong({ codes: { A: 503, B: 'no' } })).toThrow(
      'must have a status of HTTP from 200 to 599 for each code, and has "no" for "B"',
    );
    expect(wrong({ codes: { A: 99 } })).toThrow(ConfigError);
    expect(wrong({ judgePartialData: 1 })).toThrow('graphqlRules.judgePartialData');
    expect(wrong({ partial: true })).toThrow('unknown option');
    expect(wrong({ fetch: {} })).toThrow('graphqlRules.fetch');
    expect(wrong({ idempotent: true })).toThrow('graphqlRules.idempotent: must be a function');
    expect(() => isGraphqlFailure({}, { codes: [] as never })).toThrow('isGraphqlFailure.codes');
  });

  it('Y1: a function that throws or answers nonsense ends the call with that error', async () => {
    const mine = new RangeError('mine');
    const codes = () => {
      throw mine;
    };
    await expect(post([json(failing('X'))], QUERY, { codes })).rejects.toBe(mine);
    const odd = () => '503' as unknown as number;
    await expect(post([json(failing('X'))], QUERY, { codes: odd })).rejects.toThrow(ContractError);
    const late = (async () => true) as never;
    await expect(post([json(GOOD)], QUERY, { idempotent: late })).rejects.toThrow(ContractError);
  });

  it('Y1: isGraphqlFailure judges a parsed result', () => {
    expect(isGraphqlFailure(failing('TIMEOUT'))).toBe(true);
    expect(isGraphqlFailure(failing('FORBIDDEN'))).toBe(false);
    expect(isGraphqlFailure(failing('OUT_OF_STOCK'))).toBeUndefined();
    expect(isGraphqlFailure(GOOD)).toBeUndefined();
    expect(isGraphqlFailure(failing('OUT_OF_STOCK'), { codes: { OUT_OF_STOCK: 500 } })).toBe(true);
    const partial = { ...failing('TIMEOUT'), ...GOOD };
    expect(isGraphqlFailure(partial)).toBeUndefined();
    expect(isGraphqlFailure(partial, { judgePartialData: true })).toBe(true);
  });
});

function withResolvers() {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
