import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from '../../fetch/support/servers.js';
import { type Client, clientKinds, eager } from './support/clients.js';

const KB = 1_000;

describe.each(clientKinds)('$name', ({ make }) => {
  const servers = new Servers();
  const clients: Client[] = [];
  let origin = '';
  let served = 0;
  let opened = 0;

  beforeAll(async () => {
    const port = await servers.http((request, response) => {
      served++;
      const [, kind, size] = (request.url ?? '').split('/');
      const body = Buffer.alloc(Number(size), 'x');
      // Every second answer is good. After one that stalled all are: whether the next attempt is sent before its own timeout, as it
      // waits for the connection just as long, is a race.
      const good = kind === 'stalled' ? served > 1 : kind !== 'always' && served % 2 === 0;
      if (good) response.end('good');
      else if (kind === 'declared')
        response.writeHead(503, { 'content-length': body.length }).end(body);
      else if (kind === 'stalled')
        response.writeHead(503, { 'content-length': body.length }).write('x');
      else response.writeHead(503).write(body, () => response.end());
    });
    servers.onConnection(() => {
      opened++;
    });
    origin = `http://127.0.0.1:${port}`;
  });
  afterAll(() => servers.close());
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

  const one = (policies: object = eager): Client => {
    const client = make({ policies }, 1);
    clients.push(client);
    served = 0;
    opened = 0;
    return client;
  };

  it('X5: one connection and 1,000 retried calls with error bodies of 60 KB never stall', async () => {
    const client = one();
    for (let call = 0; call < 1_000; call++) {
      const answer = await client.send(`${origin}/declared/${60 * KB}`);
      expect(answer.status).toBe(200);
      expect(await answer.text()).toBe('good');
    }
    expect(served).toBe(2_000);
    expect(opened).toBeLessThanOrEqual(2);
  });

  it.each([`/declared/${500 * KB}`, `/chunked/${100 * KB}`])(
    'X5: nor with bodies that are large, or of unknown length: %s',
    async (path) => {
      const client = one();
      for (let call = 0; call < 30; call++) {
        const answer = await client.send(`${origin}${path}`);
        expect(await answer.text()).toBe('good');
      }
      expect(served).toBe(60);
    },
  );

  it('X5: an error body that stalls does not hold the connection beyond the attempt timeout', async () => {
    const client = one({ ...eager, attemptTimeout: 300, totalTimeout: 5_000 });
    const started = performance.now();
    const answer = await client.send(`${origin}/stalled/${KB}`);
    expect(await answer.text()).toBe('good');
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it('X2: when retries run out the last Response is answered whole', async () => {
    const client = one({ ...eager, retry: { ...eager.retry, maxRetries: 2 } });
    const answer = await client.send(`${origin}/always/${60 * KB}`);
    expect(served).toBe(3);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toBe('x'.repeat(60 * KB));
  });
});
