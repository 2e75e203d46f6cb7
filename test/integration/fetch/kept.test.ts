import { BulkheadFullError, ConsecutiveBreaker, RejectedError, retry } from 'holdfast';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Servers } from '../../fetch/support/servers.js';
import { gate } from '../../pipeline/support/layers.js';
import { type Client, clientKinds } from './support/clients.js';

const KB = 1_000;

/**
 * A retry was refused by a breaker that the attempts before had opened, and the call threw a CircuitOpenError: the Response had been
 * discarded, and its status with it.
 */
describe.each(clientKinds)('$name', ({ make }) => {
  const servers = new Servers();
  const clients: Client[] = [];
  let origin = '';
  let served: string[] = [];

  beforeAll(async () => {
    const port = await servers.http((request, response) => {
      const { url = '' } = request;
      served.push(url);
      const [, kind, size] = url.split('/');
      const body = Buffer.alloc(Number(size ?? 0), 'x');
      if (kind === 'good') response.end('good');
      else if (kind === 'declared')
        response.writeHead(503, { 'content-length': body.length }).end(body);
      else response.writeHead(503).write(body, () => response.end());
    });
    origin = `http://127.0.0.1:${port}`;
  });
  beforeEach(() => {
    served = [];
  });
  afterAll(() => servers.close());
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

  const one = (policies: object): Client => {
    const client = make({ policies }, 1);
    clients.push(client);
    return client;
  };

  it.each([
    `/declared/${KB}`,
    `/declared/${60 * KB}`,
    `/declared/${500 * KB}`,
    `/chunked/${KB}`,
    `/chunked/${500 * KB}`,
  ])(
    'X2, R7: when a breaker refuses the next retry, the last Response is answered whole: %s',
    async (path) => {
      const client = one({
        retry: { maxRetries: 10, backoff: () => 1, budget: false },
        circuitBreaker: { breaker: () => new ConsecutiveBreaker(5) },
        bulkhead: false,
      });
      const answer = await client.send(`${origin}${path}`);
      expect(answer.status).toBe(503);
      expect(await answer.text()).toBe('x'.repeat(Number(path.split('/')[2])));
      expect(served).toHaveLength(5);
      // Nothing came of the next call: that is a rejection.
      await expect(client.send(`${origin}${path}`)).rejects.toBeInstanceOf(RejectedError);
      expect(served).toHaveLength(5);
    },
  );

  it('X2, R7: and when a limit does', async () => {
    let entered = 0;
    const client = one([
      retry({ maxRetries: 3, backoff: () => 1 }),
      gate({ enter: () => (++entered > 2 ? new BulkheadFullError('full') : undefined) }),
    ]);
    const answer = await client.send(`${origin}/declared/${KB}`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toBe('x'.repeat(KB));
    expect(served).toHaveLength(2);
  });

  it.each([`/declared/${KB}`, `/declared/${60 * KB}`])(
    'X5: the only connection is free for others while a retry waits: %s',
    async (path) => {
      const client = one({ totalTimeout: false, retry: { backoff: () => '1h' } });
      const caller = new AbortController();
      let ended = false;
      const waits = client
        .send(`${origin}${path}`, { signal: caller.signal })
        .catch((error: unknown) => error)
        .finally(() => {
          ended = true;
        });
      for (let call = 0; call < 20; call++) {
        const answer = await client.send(`${origin}/good`);
        expect(await answer.text()).toBe('good');
      }
      expect(ended).toBe(false);
      expect(served).toHaveLength(21);
      const reason = new Error('enough');
      caller.abort(reason);
      expect(await waits).toBe(reason);
      const answer = await client.send(`${origin}/good`);
      expect(await answer.text()).toBe('good');
    },
  );

  it('X5: a long body holds it until the call ends, and no longer', async () => {
    const client = one({ totalTimeout: false, retry: { backoff: () => '1h' } });
    const caller = new AbortController();
    const waits = client.send(`${origin}/declared/${500 * KB}`, { signal: caller.signal });
    const other = client.send(`${origin}/good`);
    while (served.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error('enough');
    setImmediate(() => caller.abort(reason));
    await expect(waits).rejects.toBe(reason);
    expect(await (await other).text()).toBe('good');
  });
});
