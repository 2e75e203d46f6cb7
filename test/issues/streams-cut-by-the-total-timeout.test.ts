import { pipeline, Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from '../fetch/support/servers.js';
import { type Client, clientKinds, eager } from '../integration/fetch/support/clients.js';

const CHUNKS = 20;
const EVERY_MS = 25;

/** A stream with a chunk every 100 ms was cut at the total timeout, and whoever had piped it without listening to errors went down with it. */
describe.each(clientKinds)('$name', (kind) => {
  const servers = new Servers();
  const clients: Client[] = [];
  let origin = '';
  beforeAll(async () => {
    const port = await servers.http((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      let sent = 0;
      const timer = setInterval(() => {
        response.write('x');
        if (++sent < CHUNKS) return;
        clearInterval(timer);
        response.end();
      }, EVERY_MS);
      response.on('close', () => clearInterval(timer));
    });
    origin = `http://127.0.0.1:${port}`;
  });
  afterAll(() => servers.close());
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

  const call = () => {
    const client = kind.make({ policies: { ...eager, totalTimeout: 200, attemptTimeout: 150 } });
    clients.push(client);
    return client.send(`${origin}/`);
  };

  it('X7: a stream that flows is not cut by the total timeout', async () => {
    const { body } = await call();
    const stream = body instanceof Readable ? body : Readable.fromWeb(body as never);
    let bytes = 0;
    const sink = new Writable({
      write(chunk: Buffer, _, done) {
        bytes += chunk.length;
        done();
      },
    });
    await promisify(pipeline)(stream, sink);
    expect(bytes).toBe(CHUNKS);
  });

  it('X7: a text that flows is not cut by the total timeout', async () => {
    const answer = await call();
    expect(await answer.text()).toBe('x'.repeat(CHUNKS));
  });
});
