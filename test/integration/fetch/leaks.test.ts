import { getEventListeners } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from '../../fetch/support/servers.js';
import { type Client, clientKinds, eager } from './support/clients.js';

const CALLS = 10_000;
const AT_ONCE = 50;
const UNREAD = 200;
/** More than sockets and streams hold. */
const large = Buffer.alloc(8_000_000, 'x');

async function heap(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    (globalThis as unknown as { gc(): void }).gc();
  }
  return process.memoryUsage().heapUsed;
}

describe.each(clientKinds)('$name', (kind) => {
  const servers = new Servers();
  const clients: Client[] = [];
  let origin = '';
  let underWay = 0;

  beforeAll(async () => {
    const port = await servers.http((request, response) => {
      if (request.url !== '/large') return void response.end('good');
      underWay++;
      response.on('close', () => underWay--);
      response.end(large);
    });
    origin = `http://127.0.0.1:${port}`;
  });
  afterAll(() => servers.close());
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

  const make = (policies: object, connections = AT_ONCE): Client => {
    const client = kind.make({ policies }, connections);
    clients.push(client);
    return client;
  };

  it(`X7: ${CALLS.toLocaleString('en')} calls on one long-lived signal leave no listener and no heap`, {
    timeout: 120_000,
  }, async () => {
    const { signal } = new AbortController();
    const client = make(eager);
    let left = 0;
    let most = 0;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const answer = await client.send(`${origin}/`, { signal });
        most = Math.max(most, getEventListeners(signal, 'abort').length);
        await answer.text();
      }
    };
    const many = async (calls: number): Promise<void> => {
      left = calls;
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    };
    await many(2_000);
    const before = await heap();
    await many(CALLS);
    const grown = (await heap()) - before;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    // With an interceptor it is undici that listens to the signal, once for each call in flight.
    if (kind.name.startsWith('resilient')) expect(most).toBeLessThanOrEqual(2);
    expect(grown / CALLS).toBeLessThan(200);
  });

  it('X7: responses nobody reads do not leak', { timeout: 60_000 }, async () => {
    const client = kind.make({ policies: eager, bodyTimeout: 5_000 }, 300);
    clients.push(client);
    const refs: WeakRef<object>[] = [];
    const unread = async (): Promise<void> => {
      const { body } = await client.send(`${origin}/large`);
      refs.push(new WeakRef(body as object));
    };
    for (let i = 0; i < UNREAD; i += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, unread));
    }
    const alive = (): number => refs.filter((ref) => ref.deref() !== undefined).length;
    for (let i = 0; i < 60 && (underWay > 0 || alive() > AT_ONCE); i++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      await heap();
    }
    expect(underWay).toBe(0);
    // The last ones may still be on a stack.
    expect(alive()).toBeLessThanOrEqual(AT_ONCE);
  });
});
