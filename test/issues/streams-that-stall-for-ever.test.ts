import { TimeoutError } from 'holdfast';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from '../fetch/support/servers.js';
import { type Client, clientKinds, eager } from '../integration/fetch/support/clients.js';

/** With the total timeout off, which streams needed, one that stalled after its first event hung for ever. */
describe.each(clientKinds)('$name', (kind) => {
  const servers = new Servers();
  const clients: Client[] = [];
  let origin = '';
  let closed: Promise<unknown> | undefined;
  beforeAll(async () => {
    const port = await servers.http((request, response) => {
      closed = new Promise((resolve) => request.socket.once('close', resolve));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n');
    });
    origin = `http://127.0.0.1:${port}`;
  });
  afterAll(() => servers.close());
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

  it.each(['client', 'call'] as const)(
    'X7: a stream that stalls is cut by the idle timeout of the %s',
    async (whose) => {
      const idle = { idleTimeout: 150 };
      const client = kind.make({
        policies: { ...eager, totalTimeout: false },
        ...(whose === 'client' ? idle : {}),
      });
      clients.push(client);
      const answer = await client.send(`${origin}/`, whose === 'call' ? { holdfast: idle } : {});
      const error = await answer.text().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ policy: 'idle_timeout', timeoutMs: 150 });
      await closed;
    },
  );
});
