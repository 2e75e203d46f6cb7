import { resilientFetch } from 'holdfast/fetch';
import { resilientRequest } from 'holdfast/undici';
import { afterAll, describe, expect, it } from 'vitest';
import { breakerOf, quick } from '../fetch/support/breaker-ways.js';
import { Servers } from '../fetch/support/servers.js';

const servers = new Servers();
afterAll(() => servers.close());

type Send = (url: string, init: object) => Promise<unknown>;

const clients = {
  resilientFetch: () => resilientFetch({ policies: quick }),
  resilientRequest: () => resilientRequest({ policies: quick }),
};

/** It was called again, and what it threw opened the breaker of an upstream that had not been asked. */
describe.each(Object.entries(clients))('a function that makes the body, of %s', (_name, make) => {
  it.each([
    ['a bare error', new Error('no such row')],
    ['an error of another upstream', Object.assign(new Error('gone'), { code: 'ECONNRESET' })],
    ['what is no error', 'no such row'],
  ])(
    'X2: that fails with %s is no failure of the upstream, and not called again',
    async (_what, error) => {
      let requests = 0;
      const port = await servers.http((_request, response) => {
        requests++;
        response.end();
      });
      const url = `http://127.0.0.1:${port}`;
      const client = make();
      let made = 0;
      for (const body of [
        () => {
          made++;
          throw error;
        },
        async () => {
          made++;
          throw error;
        },
      ]) {
        for (const method of ['PUT', 'POST']) {
          await expect((client as Send)(url, { method, body })).rejects.toBe(error);
        }
      }
      expect(made).toBe(4);
      expect(requests).toBe(0);
      expect(breakerOf(client, url)).toMatchObject({ state: 'closed', window: { calls: 0 } });
    },
  );

  it('X4: may answer anything that has a then', async () => {
    const port = await servers.http((request, response) => void request.pipe(response));
    // biome-ignore lint/suspicious/noThenProperty: as queries of some libraries are.
    const query = { then: (resolve: (body: string) => void) => void resolve('a row') };
    const init = { method: 'PUT', body: () => query };
    const answer = await (make() as Send)(`http://127.0.0.1:${port}/`, init);
    const { body } = answer as { body: AsyncIterable<Uint8Array> };
    const chunks = [];
    for await (const chunk of body) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('a row');
  });
});
