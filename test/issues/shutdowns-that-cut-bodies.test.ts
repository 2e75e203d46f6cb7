import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resilientFetch } from 'holdfast/fetch';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Servers } from '../fetch/support/servers.js';
import { deferred } from '../pipeline/support/deferred.js';

/**
 * The recipe for a service waited until no call was in flight. A call has settled when the headers are there: what read a body then was
 * killed with the connections, and its client got half an answer.
 */
const servers = new Servers();
let upstream = '';
beforeAll(async () => {
  const port = await servers.http((_, response) => {
    response.write('first half, ');
    setTimeout(() => response.end('second half'), 300);
  });
  upstream = `http://127.0.0.1:${port}/`;
});
afterAll(() => servers.close());

it('G17: a service that ends answers whole what it had begun to answer', async () => {
  const api = resilientFetch();
  const reading = deferred<void>();
  const server = createServer(async (_, response) => {
    try {
      const answer = await api(upstream);
      reading.resolve(undefined);
      response.end(await answer.text());
    } catch {
      response.writeHead(502).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.text());
  client.catch(() => {});
  await reading.promise;

  server.close();
  expect(await api.drain('5s')).toEqual({ inFlight: 0, bodies: 0, byKey: {} });
  // What the process does when it exits.
  setTimeout(() => server.closeAllConnections(), 50);
  expect(await client).toBe('first half, second half');
});
