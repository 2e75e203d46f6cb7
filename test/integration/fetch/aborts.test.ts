import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { TimeoutError } from 'holdfast';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from '../../fetch/support/servers.js';
import { type Client, clientKinds, eager } from './support/clients.js';

/** 20 ms on an idle machine; the suite also runs on busy ones. */
const SOON_MS = 250;

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !condition(); i++) await pause(10);
}

describe.each(clientKinds)('$name', (kind) => {
  const servers = new Servers();
  const clients: Client[] = [];
  const sockets = new Set<Socket>();
  let origin = '';
  let silent = '';
  let requests = 0;

  beforeAll(async () => {
    const port = await servers.http((request, response) => {
      requests++;
      // undici 7 opens a connection in place of one that was aborted: only those that carried a request count.
      const { socket } = request;
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      if (request.url === '/fails') response.writeHead(503, { 'content-length': 3 }).end('bad');
      else if (request.url === '/body')
        response.writeHead(200, { 'content-length': 6 }).write('abc');
      else if (request.url === '/good') response.end('good');
    });
    // Accepts connections and says nothing, also to a client that wants to speak TLS.
    const mute = await servers.tcp(() => {});
    origin = `http://127.0.0.1:${port}`;
    silent = `https://127.0.0.1:${mute}`;
  });
  afterAll(() => servers.close());
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    requests = 0;
  });

  const make = (policies: object = eager, connections = 5): Client => {
    const client = kind.make({ policies }, connections);
    clients.push(client);
    return client;
  };

  /** Aborts at this phase, and answers how long it took for the call to reject with the reason. */
  async function aborted(
    call: (signal: AbortSignal) => Promise<unknown>,
    arrived: () => boolean | Promise<boolean>,
  ): Promise<number> {
    const caller = new AbortController();
    const reason = new Error('enough');
    let error: unknown;
    let took = Infinity;
    let started = 0;
    const ended = call(caller.signal).catch((thrown: unknown) => {
      took = performance.now() - started;
      error = thrown;
    });
    for (let i = 0; i < 300 && !(await arrived()); i++) await pause(10);
    expect(error).toBeUndefined();
    started = performance.now();
    caller.abort(reason);
    await ended;
    expect(error).toBe(reason);
    await pause(0);
    expect(listeners(caller.signal)).toBe(0);
    return took;
  }

  it('X7: an abort beforehand sends nothing', async () => {
    const reason = new Error('enough');
    await expect(make().send(`${origin}/good`, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(requests).toBe(0);
  });

  it('X7: an abort in the queue of the bulkhead rejects at once', async () => {
    const client = make({ ...eager, bulkhead: { maxConcurrent: 1, maxQueued: 5 } });
    const blocker = new AbortController();
    const first = client.send(`${origin}/headers`, { signal: blocker.signal }).catch(() => {});
    await until(() => requests === 1);
    const took = await aborted(
      (signal) => client.send(`${origin}/good`, { signal }),
      () => pause(20).then(() => true),
    );
    expect(took).toBeLessThan(SOON_MS);
    expect(requests).toBe(1);
    blocker.abort();
    await first;
  });

  it('X7: an abort while the client waits for a connection rejects at once', async () => {
    const client = make(eager, 1);
    const blocker = new AbortController();
    const first = client.send(`${origin}/headers`, { signal: blocker.signal }).catch(() => {});
    await until(() => requests === 1);
    const took = await aborted(
      (signal) => client.send(`${origin}/good`, { signal }),
      () => pause(20).then(() => true),
    );
    expect(took).toBeLessThan(SOON_MS);
    blocker.abort();
    await first;
    await until(() => sockets.size === 0);
    expect(requests).toBe(1);
  });

  it('X7: an abort while it connects rejects at once', async () => {
    const client = make();
    const took = await aborted(
      (signal) => client.send(`${silent}/`, { signal }),
      () => pause(30).then(() => true),
    );
    expect(took).toBeLessThan(SOON_MS);
  });

  it('X7: an abort while it waits for headers rejects at once and leaves no socket', async () => {
    const client = make();
    const took = await aborted(
      (signal) => client.send(`${origin}/headers`, { signal }),
      () => requests === 1,
    );
    expect(took).toBeLessThan(SOON_MS);
    await until(() => sockets.size === 0);
    expect(sockets.size).toBe(0);
  });

  it('X7: an abort while the body is read rejects at once and leaves no socket', async () => {
    const client = make();
    let reading = false;
    const took = await aborted(
      async (signal) => {
        const answer = await client.send(`${origin}/body`, { signal });
        reading = true;
        return answer.text();
      },
      () => reading,
    );
    expect(took).toBeLessThan(SOON_MS);
    await until(() => sockets.size === 0);
    expect(sockets.size).toBe(0);
  });

  it('X7: an abort in the backoff rejects at once, and nothing is sent any more', async () => {
    const client = make({ retry: { initialDelay: '20s', jitter: 'none' }, totalTimeout: '60s' });
    const took = await aborted(
      (signal) => client.send(`${origin}/fails`, { signal }),
      () => requests === 1,
    );
    expect(took).toBeLessThan(SOON_MS);
    await pause(30);
    expect(requests).toBe(1);
  });

  it('X7: an attempt that times out leaves no socket', async () => {
    const client = make({
      ...eager,
      retry: { ...eager.retry, maxRetries: 1 },
      attemptTimeout: 100,
    });
    await expect(client.send(`${origin}/headers`)).rejects.toThrow(TimeoutError);
    expect(requests).toBe(2);
    await until(() => sockets.size === 0);
    expect(sockets.size).toBe(0);
  });

  it('X7: a body read after the total timeout is read as ever', async () => {
    const client = make({ ...eager, totalTimeout: 50 });
    const caller = new AbortController();
    const answer = await client.send(`${origin}/body`, { signal: caller.signal });
    await pause(100);
    const text = answer.text().catch((error: unknown) => error);
    await pause(50);
    const reason = new Error('enough');
    caller.abort(reason);
    expect(await text).toBe(reason);
  });

  it('X7: a body nobody reads is let go of when its time is over', async () => {
    const client = kind.make({ policies: eager, bodyTimeout: 200 });
    clients.push(client);
    await client.send(`${origin}/body`);
    expect(sockets.size).toBe(1);
    await until(() => sockets.size === 0);
    expect(sockets.size).toBe(0);
  });

  it('X7: the attempt timeout does not bound the body', async () => {
    const client = make({ ...eager, attemptTimeout: 100, totalTimeout: 10_000 });
    const caller = new AbortController();
    const answer = await client.send(`${origin}/body`, { signal: caller.signal });
    let ended = false;
    const text = answer.text().catch(() => {
      ended = true;
    });
    await pause(300);
    expect(ended).toBe(false);
    caller.abort();
    await text;
  });
});
