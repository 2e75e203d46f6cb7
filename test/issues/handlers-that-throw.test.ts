import { resilience } from 'holdfast/undici';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { nodeIsAtLeast } from '../fetch/support/node-version.js';
import { Servers } from '../fetch/support/servers.js';

type Undici = typeof import('undici');

const undicis: [string, Undici][] = [['undici 7', await import('undici')]];
if (nodeIsAtLeast(22, 19)) {
  undicis.push(['undici 8', (await import('undici8')) as unknown as Undici]);
}

const servers = new Servers();
let url = '';
const agents: { destroy(): Promise<void> }[] = [];
beforeAll(async () => {
  url = `http://127.0.0.1:${await servers.http((_, response) => response.end('good'))}/`;
});
afterEach(() => Promise.all(agents.splice(0).map((agent) => agent.destroy())));
afterAll(() => servers.close());

/** What a handler threw on seeing the headers reached nobody: `undici.stream` never settled. */
it.each(undicis)(
  'G2: a factory of a stream that throws ends the request, with %s',
  async (_, undici) => {
    const agent = new undici.Agent();
    agents.push(agent);
    const dispatcher = agent.compose(resilience());
    const error = new Error('no stream');
    const call = undici.stream(url, { dispatcher, method: 'GET' }, () => {
      throw error;
    });
    await expect(call).rejects.toBe(error);
    const { body } = await undici.request(url, { dispatcher });
    expect(await body.text()).toBe('good');
  },
);
