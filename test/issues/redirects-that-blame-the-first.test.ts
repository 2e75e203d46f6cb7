import { resilientFetch } from 'holdfast/fetch';
import { Agent, interceptors } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { breakerOf, type GlobalFetch, quick, ways } from '../fetch/support/breaker-ways.js';
import { double } from '../fetch/support/double.js';
import { Servers } from '../fetch/support/servers.js';

const servers = new Servers();
const agent = new Agent();
let first = '';
let second = '';
let asked = 0;
beforeAll(async () => {
  const target = await servers.http(({ url }, response) => {
    asked++;
    if (url !== '/cut') response.writeHead(503).end();
    else {
      response.writeHead(200, { 'content-length': 9 }).write('x');
      setTimeout(() => response.destroy(), 20);
    }
  });
  second = `http://127.0.0.1:${target}`;
  const port = await servers.http((request, response) => {
    const { url = '' } = request;
    if (url === '/down') response.writeHead(503).end();
    else if (url === '/own') response.writeHead(307, { location: '/down' }).end();
    else response.writeHead(307, { location: `${second}${url === '/cut' ? url : '/'}` }).end();
  });
  first = `http://127.0.0.1:${port}`;
});
beforeEach(() => {
  asked = 0;
});
afterAll(async () => {
  await agent.destroy();
  await servers.close();
});

/** A redirect to another origin that failed there opened the breaker of the first. */
describe.each(Object.entries(ways))('a redirect, with %s', (name, make) => {
  const under =
    name === 'resilientFetch()'
      ? undefined
      : agent.compose(interceptors.redirect({ maxRedirections: 3 }));
  const call = async (options: object, path: string, init?: object) => {
    const way = make({ policies: quick, ...options }, under);
    let outcome: unknown;
    for (let i = 0; i < 3; i++) {
      outcome = await way.status(`${first}${path}`, init).catch((error: unknown) => error);
    }
    return { way, outcome };
  };

  it('X2: that ends at another origin and fails there is a good answer of the first', async () => {
    const { way, outcome } = await call({}, '/away');
    expect(outcome).toBe(503);
    expect(breakerOf(way, first)).toMatchObject({
      state: 'closed',
      window: { failures: 0, calls: 12 },
    });
    // The call as a whole failed, so it is made again.
    expect(asked).toBe(12);
  });

  it('X2: that ends at another origin whose body fails is one, too', async () => {
    const { way, outcome } = await call({}, '/cut');
    expect(outcome).toBeInstanceOf(Error);
    expect(breakerOf(way, first)).toMatchObject({
      state: 'closed',
      window: { failures: 0, calls: 3 },
    });
  });

  it('X2: that stays at its origin is judged as ever', async () => {
    const { way } = await call({}, '/own');
    expect(breakerOf(way, first)).toMatchObject({ state: 'open' });
  });

  it('X2: to what has the same key by the caller’s word is judged as ever', async () => {
    const { way } = await call({ key: () => 'shop' }, '/away');
    expect(breakerOf(way, 'shop')).toMatchObject({ state: 'open' });
    const byCall = await call({}, '/away', { holdfast: { key: 'shop' } });
    expect(breakerOf(byCall.way, 'shop')).toMatchObject({ state: 'open' });
    const apart = await call({ key: ({ url }: { url: string }) => new URL(url).port }, '/away');
    expect(breakerOf(apart.way, new URL(first).port)).toMatchObject({ state: 'closed' });
  });
});

it('X2: a body that fails at another origin is no failure of the first, where it is read within the policies', async () => {
  const send = resilientFetch({ policies: quick });
  const read = send.read(`${first}/cut`, {}, (response) => response.text());
  await expect(read).rejects.toThrow(TypeError);
  expect(asked).toBe(4);
  expect(breakerOf(send, first)).toMatchObject({ window: { failures: 0, calls: 4 } });
});

it('X2: a fetch that rewrites URLs without a redirect is another way to the same upstream', async () => {
  const rewritten = () =>
    Object.defineProperty(new Response(null, { status: 503 }), 'url', {
      value: 'http://10.0.0.5/',
    });
  const send = resilientFetch({ fetch: double(rewritten) as GlobalFetch, policies: quick });
  for (let i = 0; i < 3; i++) await send('http://a.example/').catch(() => {});
  expect(breakerOf(send, 'http://a.example')).toMatchObject({ state: 'open' });
});
