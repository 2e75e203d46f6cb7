import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Priority } from 'holdfast';
import { ConfigError, ContractError, runWithin } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { defineService } from 'holdfast/services';
import { flakyUpstream } from 'holdfast/testing';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { expect, it } from 'vitest';
import type { Gate } from '../../src/index.js';

/** A gate that tells which class each call says. */
function watching() {
  const seen: (Priority | undefined)[] = [];
  const gate: Gate = {
    role: 'gate',
    type: 'watching',
    enter: ({ traits }) => void seen.push(traits?.priority),
    exit: () => {},
  };
  return { seen, options: { policies: [gate], telemetry: false } as const };
}

const answer: typeof globalThis.fetch = async () =>
  new Response('{}', { headers: { 'content-type': 'application/json' } });

it('K1: a request says its class, else the client does, else nobody', async () => {
  const { seen, options } = watching();
  const plain = resilientFetch({ ...options, fetch: answer });
  await plain('http://shop/1');
  await plain('http://shop/1', { holdfast: { priority: 'lowest' } });
  await plain('http://shop/1', { priority: 'high' }, { priority: 'low' });
  await plain.read('http://shop/1', {}, (response) => response.text(), { priority: 'highest' });
  const all = resilientFetch({ ...options, fetch: answer, priority: 'high' });
  await all('http://shop/1');
  await all('http://shop/1', { holdfast: { priority: 'normal' } });
  const byUrl = resilientFetch({
    ...options,
    fetch: answer,
    priority: ({ url, method }) =>
      url.endsWith('/report') && method === 'GET' ? 'lowest' : undefined,
  });
  await byUrl('http://shop/report');
  await byUrl('http://shop/2');
  await byUrl('http://shop/report', {}, { priority: 'high' });
  expect(seen).toEqual([
    undefined,
    'lowest',
    'low',
    'highest',
    'high',
    'normal',
    'lowest',
    undefined,
    'high',
  ]);
});

it('D3: what goes to the server is what limiters see: the own class, else the inherited one', async () => {
  const told: unknown[] = [];
  const server = createServer((request, response) => {
    told.push(request.headers['x-class']);
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { seen, options } = watching();
  let asked = 0;
  const priority = (outgoing: { url: string }): Priority | undefined => {
    asked++;
    return outgoing.url.includes('report') ? 'lowest' : undefined;
  };
  const client = { ...options, headers: { priority: 'X-Class' }, priority };
  const [fetch, request] = [resilientFetch(client), resilientRequest(client)];
  const send = async (path: string, more?: object) => {
    await (await fetch(url + path, more)).text();
    await (await request(url + path, more as never)).body.dump();
  };
  await send('/report');
  await send('/page');
  await send('/page', { holdfast: { priority: 'high' } });
  expect(asked).toBe(4);
  await runWithin({ priority: 'low' }, async () => {
    await send('/report');
    await send('/page');
    await send('/page', { holdfast: { priority: 'normal' } });
    await send('/report', { headers: { 'x-class': 'mine' } });
  });
  server.close();
  server.closeAllConnections();
  const classes = ['lowest', undefined, 'high', 'lowest', 'low', 'normal'];
  expect(told).toEqual([...classes, 'mine'].flatMap((each) => [each, each]));
  expect(seen).toEqual([...classes, 'lowest'].flatMap((each) => [each, each]));
});

it.each(['urgent', 'High', 1, null, ['high']])(
  'K1: another class is refused when it is given, and a promise of one when a function returns it: %s',
  async (wrong) => {
    const { options } = watching();
    expect(() => resilientFetch({ ...options, priority: wrong as never })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', path: 'resilientFetch.priority' }),
    );
    const made = resilientFetch({ ...options, fetch: answer });
    const refused = made('http://shop/1', { holdfast: { priority: wrong as never } });
    await expect(refused).rejects.toBeInstanceOf(ConfigError);
    if (wrong === null) return;
    for (const said of [wrong, Promise.reject(new Error('late'))]) {
      const asked = resilientFetch({ ...options, fetch: answer, priority: () => said as never });
      await expect(asked('http://shop/1')).rejects.toBeInstanceOf(ContractError);
    }
  },
);

it('K1: so do the requests of undici, by request and by dispatcher', async () => {
  await using upstream = await flakyUpstream();
  const { seen, options } = watching();
  const own = resilientRequest({ ...options, priority: 'low' });
  await (await own(upstream.url)).body.dump();
  await (await own(upstream.url, { holdfast: { priority: 'high' } } as never)).body.dump();
  const agent = new Agent();
  const dispatcher = agent.compose(resilience({ ...options, priority: () => 'lowest' }));
  await (await request(upstream.url, { dispatcher })).body.dump();
  const override = { holdfast: { priority: 'highest' } } as object;
  await (await request(upstream.url, { dispatcher, ...override })).body.dump();
  await agent.close();
  expect(seen).toEqual(['low', 'high', 'lowest', 'highest']);
});

it('K1: an operation of a service says its class, and a call another one', async () => {
  const { seen, options } = watching();
  const shop = defineService('shop', {
    ...options,
    baseUrl: 'http://shop',
    fetch: answer,
    operations: {
      report: { method: 'GET', path: '/report', priority: 'lowest' },
      page: { method: 'GET', path: '/page' },
    },
  });
  await shop.report();
  await shop.report({}, { priority: 'high' });
  await shop.page();
  expect(seen).toEqual(['lowest', 'high', undefined]);
  const wrong = { method: 'GET', path: '/report', priority: 'soon' } as never;
  expect(() =>
    defineService('shop', { baseUrl: 'http://shop', operations: { report: wrong } }),
  ).toThrow(ConfigError);
  shop.$.dispose();
});
