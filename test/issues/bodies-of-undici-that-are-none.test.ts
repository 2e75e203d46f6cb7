import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from '../fetch/support/servers.js';

const NOTHING = { inFlight: 0, bodies: 0, byKey: {} };

/** undici makes a stream of every body, also of none: nobody reads that, and a drain waited for it. */
describe('what undici answers without a body', () => {
  const servers = new Servers();
  let origin = '';
  beforeAll(async () => {
    const port = await servers.http(({ url = '/' }, response) => {
      const status = Number(url.slice(1));
      response.writeHead(status, status === 200 ? { 'content-length': 0 } : {}).end();
    });
    origin = `http://127.0.0.1:${port}`;
  });
  afterAll(() => servers.close());

  const cases = [
    ['HEAD', 202],
    ['GET', 204],
    ['GET', 304],
    ['GET', 200],
  ] as const;

  it.each(cases)('G17: %s, %i is not waited for', async (method, status) => {
    const client = resilientRequest();
    const { statusCode, body } = await client(`${origin}/${status}`, { method });
    expect(statusCode).toBe(status);
    expect(await client.drain('5s')).toEqual(NOTHING);
    expect(await body.text()).toBe('');
  });

  it.each(cases)('G17: nor through an interceptor: %s, %i', async (method, status) => {
    const interceptor = resilience();
    const agent = new Agent().compose(interceptor);
    await request(`${origin}/${status}`, { method, dispatcher: agent });
    expect(await interceptor.drain('5s')).toEqual(NOTHING);
    await agent.close();
  });
});
