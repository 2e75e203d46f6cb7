import { createServer } from 'node:http';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { BatchHttpLink } from '@apollo/client/link/batch-http';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, fetchExchange } from '@urql/core';
import { createGraphQLError, createSchema, createYoga } from 'graphql-yoga';
import { circuitBreaker, retry } from 'holdfast';
import { attemptsOf, resilientFetch } from 'holdfast/fetch';
import { type GraphqlOptions, graphqlRules } from 'holdfast/services';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Servers } from '../../fetch/support/servers.js';

const servers = new Servers();
/** The codes that the next resolvers fail with; `''` for an error without a code. */
const script: string[] = [];
/** What resolvers did. */
let done: string[] = [];
let url = '';

function act(what: string): number {
  done.push(what);
  const code = script.shift();
  if (code === undefined) return 17;
  if (code === 'crash') throw new Error('a secret');
  throw createGraphQLError('no', { extensions: { code } });
}

const yoga = createYoga({
  logging: false,
  landingPage: false,
  batching: true,
  schema: createSchema({
    typeDefs: `
      type Query { stock: Int, need: Int!, price: Int }
      type Mutation { buy: Int }
      type Subscription { ticks: Int }
    `,
    resolvers: {
      Query: {
        stock: () => act('stock'),
        need: () => act('need'),
        price: () => 3,
      },
      Mutation: { buy: () => act('buy') },
      Subscription: {
        ticks: {
          async *subscribe() {
            yield { ticks: 1 };
            yield { ticks: 2 };
          },
        },
      },
    },
  }),
});

beforeAll(async () => {
  url = `http://127.0.0.1:${await servers.listen(createServer(yoga))}/graphql`;
});
afterAll(() => servers.close());
beforeEach(() => {
  script.length = 0;
  done = [];
});

const again = () => retry({ initialDelay: 1, budget: false });
const client = (options?: GraphqlOptions) =>
  resilientFetch({ policies: [again()], ...graphqlRules(options) });

type Init = Parameters<ReturnType<typeof client>>[1];
const post = (query: string, init: Init = {}, fetch = client()) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query }),
    ...init,
  });

describe('GraphQL over resilientFetch, from a real Yoga', () => {
  it('Y3: a query that failed with a code of the server is sent again, and the answer reads as usual', async () => {
    script.push('INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE');
    const response = await post('{ stock }');
    expect(attemptsOf(response)).toBe(3);
    expect(response).toBeInstanceOf(Response);
    expect(response.url).toBe(url);
    expect(response.headers.get('content-type')).toContain('json');
    expect(response.bodyUsed).toBe(false);
    expect(await response.json()).toEqual({ data: { stock: 17 } });
    expect(done).toEqual(['stock', 'stock', 'stock']);
  });

  it('Y3: an error that Yoga masks is one of the server', async () => {
    script.push('crash');
    const response = await post('{ need }');
    expect(await response.json()).toEqual({ data: { need: 17 } });
    expect(done).toEqual(['need', 'need']);
  });

  it('Y3: when no retry helps, the caller gets the last result', async () => {
    script.push(...Array.from({ length: 4 }, () => 'TIMEOUT'));
    const response = await post('{ need }');
    expect(response.status).toBe(200);
    const { errors } = (await response.json()) as { errors: { extensions: unknown }[] };
    expect(errors[0]?.extensions).toEqual({ code: 'TIMEOUT' });
    expect(done).toHaveLength(4);
  });

  it('Y3: a mutation that failed is not sent again', async () => {
    script.push('INTERNAL_SERVER_ERROR');
    const response = await post('mutation { buy }');
    expect(attemptsOf(response)).toBe(1);
    expect(done).toEqual(['buy']);
  });

  it('Y3: a mutation is sent again if the call or the options say so', async () => {
    for (const [init, fetch] of [
      [{ holdfast: { idempotent: true } }, client()],
      [{ holdfast: { idempotencyKey: true } }, client()],
      [{}, client({ idempotent: ({ kind, name }) => kind === 'mutation' && name === 'Buy' })],
    ] as const) {
      done = [];
      script.push('INTERNAL_SERVER_ERROR');
      const response = await post('mutation Buy { buy }', init, fetch);
      expect(await response.json()).toEqual({ data: { buy: 17 } });
      expect(done).toEqual(['buy', 'buy']);
    }
  });

  it('Y3: a mutation that never left is sent again', async () => {
    const gone = new Servers();
    const port = await gone.listen(createServer());
    await gone.close();
    const body = JSON.stringify({ query: 'mutation { buy }' });
    const sent = client()(`http://127.0.0.1:${port}/`, { method: 'POST', body });
    const error = await sent.catch((thrown: unknown) => thrown);
    expect(attemptsOf(error)).toBe(4);
  });

  it('Y3: answers are not sent again: no permission, a wrong query (400), partial data', async () => {
    script.push('FORBIDDEN');
    expect(attemptsOf(await post('{ need }'))).toBe(1);
    const wrong = await post('{ nothing }');
    expect([wrong.status, attemptsOf(wrong)]).toEqual([400, 1]);
    expect(wrong.headers.get('content-type')).toContain('application/graphql-response+json');
    script.push('INTERNAL_SERVER_ERROR');
    const partial = await post('{ stock price }');
    expect(attemptsOf(partial)).toBe(1);
    expect(await partial.json()).toMatchObject({ data: { stock: null, price: 3 } });
    script.push('INTERNAL_SERVER_ERROR');
    const judged = await post('{ stock price }', {}, client({ judgePartialData: true }));
    expect(await judged.json()).toEqual({ data: { stock: 17, price: 3 } });
  });

  it('Y3: codes of your own decide', async () => {
    script.push('SHARD_MOVED');
    const response = await post('{ need }', {}, client({ codes: { SHARD_MOVED: 503 } }));
    expect(await response.json()).toEqual({ data: { need: 17 } });
    script.push('TIMEOUT');
    const said = await post('{ need }', {}, client({ codes: (code) => (code ? 409 : 500) }));
    expect(attemptsOf(said)).toBe(1);
  });

  it('Y4: the breaker counts failures, and takes a quota for a sign that the server is there', async () => {
    const make = () =>
      resilientFetch({
        policies: [circuitBreaker({ consecutiveFailures: 2, failingFor: 0 })],
        ...graphqlRules(),
      });
    for (const [code, state] of [
      ['INTERNAL_SERVER_ERROR', 'open'],
      ['RATE_LIMITED', 'closed'],
      ['UNAUTHENTICATED', 'closed'],
    ] as const) {
      const fetch = make();
      script.push(code, code);
      await post('mutation { buy }', {}, fetch);
      await post('mutation { buy }', {}, fetch);
      const breakers = fetch.snapshot()[new URL(url).origin]?.policies as Record<
        string,
        { state?: string }
      >;
      expect(breakers['circuit_breaker']?.state, code).toBe(state);
    }
  });

  it('Y5: what comes in parts passes untouched', async () => {
    const response = await post('subscription { ticks }', {
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await response.text();
    expect(text).toContain('{"data":{"ticks":1}}');
    expect(text).toContain('{"data":{"ticks":2}}');
  });

  it('Y5: a result that is too long to be judged arrives whole', async () => {
    script.push('INTERNAL_SERVER_ERROR');
    const response = await post('{ need }', {}, client({ maxBytes: 10 }));
    expect(attemptsOf(response)).toBe(1);
    expect(await response.json()).toMatchObject({ data: null });
  });
});

describe('Apollo Client and urql as callers', () => {
  const apollo = (link: HttpLink | BatchHttpLink | PersistedQueryLink) =>
    new ApolloClient({
      link,
      cache: new InMemoryCache(),
      defaultOptions: { query: { fetchPolicy: 'no-cache' } },
    });
  const NEED = gql`query Need { need }`;
  const BUY = gql`mutation Buy { buy }`;

  it('Y3: Apollo Client gets the data of the attempt that succeeded, and a mutation once', async () => {
    const caller = apollo(new HttpLink({ uri: url, fetch: client() }));
    script.push('INTERNAL_SERVER_ERROR');
    expect((await caller.query({ query: NEED })).data).toEqual({ need: 17 });
    expect(done).toEqual(['need', 'need']);
    script.push('INTERNAL_SERVER_ERROR');
    await expect(caller.mutate({ mutation: BUY })).rejects.toThrow('no');
    expect(done).toEqual(['need', 'need', 'buy']);
    script.push('INTERNAL_SERVER_ERROR');
    const context = { fetchOptions: { holdfast: { idempotencyKey: true } } };
    const bought = await caller.mutate({ mutation: BUY, context });
    expect(bought.data).toEqual({ buy: 17 });
    caller.stop();
  });

  it('Y3: with GET for queries, too', async () => {
    const caller = apollo(new HttpLink({ uri: url, fetch: client(), useGETForQueries: true }));
    script.push('INTERNAL_SERVER_ERROR');
    expect((await caller.query({ query: NEED })).data).toEqual({ need: 17 });
    caller.stop();
  });

  it('Y3: a batch is sent again if all of it are queries', async () => {
    const caller = apollo(new BatchHttpLink({ uri: url, fetch: client(), batchInterval: 5 }));
    script.push('INTERNAL_SERVER_ERROR');
    const results = await Promise.all([
      caller.query({ query: NEED }),
      caller.query({ query: gql`query Price { price }` }),
    ]);
    expect(results.map(({ data }) => data)).toEqual([{ need: 17 }, { price: 3 }]);
    expect(done).toEqual(['need', 'need']);
    caller.stop();
  });

  it('Y3: a persisted query that is not found reaches the client, which sends its text', async () => {
    // Yoga's own plugin for this is a package of its own. This is what it says.
    const known = new Set<string>();
    let unknown = 0;
    const port = await servers.listen(
      createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const { query, extensions } = JSON.parse(Buffer.concat(chunks).toString());
          const hash: string = extensions.persistedQuery.sha256Hash;
          response.setHeader('content-type', 'application/json');
          if (query !== undefined) known.add(hash);
          if (known.has(hash)) return response.end('{"data":{"need":17}}');
          unknown++;
          const code = 'PERSISTED_QUERY_NOT_FOUND';
          const errors = [{ message: 'PersistedQueryNotFound', extensions: { code } }];
          return response.end(JSON.stringify({ errors }));
        });
      }),
    );
    const sha256 = (text: string) => String(text.length);
    const http = new HttpLink({ uri: `http://127.0.0.1:${port}/`, fetch: client() });
    const caller = apollo(new PersistedQueryLink({ sha256 }).concat(http) as PersistedQueryLink);
    expect((await caller.query({ query: NEED })).data).toEqual({ need: 17 });
    expect(unknown).toBe(1);
    caller.stop();
  });

  it('Y3: urql gets the data of the attempt that succeeded, and a mutation once', async () => {
    const caller = new Client({ url, fetch: client(), exchanges: [fetchExchange] });
    script.push('SERVICE_UNAVAILABLE');
    const { data, error } = await caller.query('query Need { need }', {}).toPromise();
    expect([data, error]).toEqual([{ need: 17 }, undefined]);
    expect(done).toEqual(['need', 'need']);
    script.push('SERVICE_UNAVAILABLE');
    const bought = await caller.mutation('mutation Buy { buy }', {}).toPromise();
    expect(bought.error?.graphQLErrors[0]?.extensions['code']).toBe('SERVICE_UNAVAILABLE');
    expect(done).toEqual(['need', 'need', 'buy']);
    script.push('SERVICE_UNAVAILABLE');
    const fetchOptions = { holdfast: { idempotencyKey: true } } as RequestInit;
    const again = await caller.mutation('mutation Buy { buy }', {}, { fetchOptions }).toPromise();
    expect(again.data).toEqual({ buy: 17 });
  });
});
