import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ResilientFetchOptions, resilientFetch } from 'holdfast/fetch';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { Pass } from '../../src/pipeline/call/pass.js';

const server = createServer((request, response) => {
  response.statusCode = Number(request.url?.slice(1));
  response.end('{}');
});
let origin = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => vi.restoreAllMocks());

/** A client whose pipeline for the server has been called often enough to have a straight path. */
async function client(options?: ResilientFetchOptions<typeof globalThis.fetch>) {
  const fetch = resilientFetch({
    policies: { retry: { initialDelay: 0 } },
    ...options,
  });
  for (let i = 0; i < 10; i++) await (await fetch(`${origin}/200`)).text();
  const run = vi.spyOn(Pass, 'run');
  const adopt = vi.spyOn(Pass, 'adopt');
  const passes = () => run.mock.calls.length + adopt.mock.calls.length;
  return { fetch, passes };
}

it.each([200, 204, 304])('X2: status %s needs no more than the straight path', async (status) => {
  const { fetch, passes } = await client();
  const response = await fetch(`${origin}/${status}`);
  await response.text();
  expect(response.status).toBe(status);
  expect(passes()).toBe(0);
});

it('X2: a POST that is answered well needs no more either', async () => {
  const { fetch, passes } = await client();
  const response = await fetch(`${origin}/201`, { method: 'POST', body: 'x' });
  await response.text();
  expect(response.status).toBe(201);
  expect(passes()).toBe(0);
});

it.each([404, 503])('X2: rules are asked about status %s', async (status) => {
  const { fetch, passes } = await client();
  const response = await fetch(`${origin}/${status}`);
  await response.text();
  expect(response.status).toBe(status);
  expect(passes()).toBeGreaterThan(0);
});

it('G15: a rule of the user hears of each answer, good ones too', async () => {
  const isFailure = vi.fn(() => false);
  const { fetch } = await client({ policies: { isFailure } });
  isFailure.mockClear();
  await (await fetch(`${origin}/200`)).text();
  expect(isFailure).toHaveBeenCalled();
});

it('G2: a status that can be read only once ends the call with what the reading throws', async () => {
  let reads = 0;
  const fragile = {
    headers: new Headers(),
    body: null,
    url: '',
    get status(): number {
      if (++reads > 1) throw new Error('no status');
      return 200;
    },
  };
  let answer = (): unknown => new Response('{}');
  const policies = { retry: false, attemptTimeout: '500ms' } as const;
  const { fetch } = await client({ policies, fetch: async () => answer() as Response });
  answer = () => fragile;
  await expect(fetch(`${origin}/200`)).rejects.toThrow('no status');
});
