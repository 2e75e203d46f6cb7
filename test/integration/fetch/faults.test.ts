import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { CircuitOpenError } from 'holdfast';
import { classifyFetchError } from 'holdfast/fetch';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Servers } from '../../fetch/support/servers.js';
import { type Client, clientKinds, eager, type Options } from './support/clients.js';

const HEAD = 'HTTP/1.1 200 OK\r\n';

describe.each(clientKinds)('$name', (kind) => {
  const servers = new Servers();
  const clients: Client[] = [];
  afterAll(() => servers.close());
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

  const make = (options: Options = {}, connections = 10): Client => {
    const client = kind.make({ policies: eager, ...options }, connections);
    clients.push(client);
    return client;
  };
  const follows = kind.name.startsWith('resilientFetch');

  const good = (socket: Socket): void => {
    socket.end(`${HEAD}content-length: 4\r\nconnection: close\r\n\r\ngood`);
  };
  const faults: [string, string, (socket: Socket) => void][] = [
    ['resets', 'reset', (socket) => socket.resetAndDestroy()],
    ['closes without an answer', 'reset', (socket) => socket.end()],
    ['speaks another protocol', 'protocol', (socket) => socket.end('SSH-2.0 OpenSSH\r\n\r\n')],
    ['closes in the headers', 'reset', (socket) => socket.end(`${HEAD}content-le`)],
  ];

  it.each(faults)('X2: a server that %s is called again', async (_does, _class, fault) => {
    let calls = 0;
    const port = await servers.tcp((socket) => (++calls < 3 ? fault(socket) : good(socket)));
    const answer = await make().send(`http://127.0.0.1:${port}/`);
    expect(await answer.text()).toBe('good');
    expect(calls).toBe(3);
  });

  it.each(faults)(
    'X2: of one that always %s, the last error is thrown',
    async (_does, is, fault) => {
      let calls = 0;
      const port = await servers.tcp((socket) => {
        calls++;
        fault(socket);
      });
      const error: unknown = await make()
        .send(`http://127.0.0.1:${port}/`)
        .catch((thrown: unknown) => thrown);
      expect(classifyFetchError(error), String(error)).toBe(is);
      expect(calls).toBe(4);
    },
  );

  it('X2: a server that refuses is called again, also with a POST', async () => {
    const port = await servers.dead();
    const client = make();
    const error: unknown = await client
      .send(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' })
      .catch((thrown: unknown) => thrown);
    expect(classifyFetchError(error)).toBe('connect');
    // Up again: the next attempt of a POST gets through.
    const slow = make({ policies: { ...eager, retry: { initialDelay: 200, jitter: 'none' } } });
    const sent = slow.send(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    let posts = 0;
    const { createServer } = await import('node:http');
    const server = createServer((_request, response) => {
      posts++;
      response.end('good');
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    expect(await (await sent).text()).toBe('good');
    expect(posts).toBe(1);
    server.closeAllConnections();
    server.close();
  });

  it('X2: a bad certificate is a failure, thrown as it came', async () => {
    let requests = 0;
    const port = await servers.https((_request, response) => {
      requests++;
      response.end();
    });
    const error: unknown = await make()
      .send(`https://localhost:${port}/`)
      .catch((thrown: unknown) => thrown);
    expect(classifyFetchError(error)).toBe('tls');
    expect(requests).toBe(0);
  });

  it('X2: an answer that breaks off in its body is the reader’s', async () => {
    let calls = 0;
    const port = await servers.tcp((socket) => {
      calls++;
      socket.write(`${HEAD}content-length: 100\r\n\r\nabc`, () =>
        setTimeout(() => socket.destroy(), 20),
      );
    });
    const answer = await make().send(`http://127.0.0.1:${port}/`);
    const error: unknown = await answer.text().catch((thrown: unknown) => thrown);
    expect(classifyFetchError(error)).toBe('reset');
    expect(calls).toBe(1);
  });

  it('X1: failures open the breaker of their origin, and of no other', async () => {
    const bad = await servers.http((_request, response) => response.writeHead(500).end());
    const fine = await servers.http((_request, response) => void response.end('good'));
    const circuitBreaker = { consecutiveFailures: 5, failingFor: 0 };
    const client = make({ policies: { retry: false, circuitBreaker } });
    for (let i = 0; i < 5; i++) await (await client.send(`http://127.0.0.1:${bad}/`)).text();
    await expect(client.send(`http://127.0.0.1:${bad}/`)).rejects.toThrow(CircuitOpenError);
    expect(await (await client.send(`http://127.0.0.1:${fine}/`)).text()).toBe('good');
  });

  const waits: [string, RequestListener][] = [
    [
      '503 with seconds',
      (_request, response) => response.writeHead(503, { 'retry-after': '1' }).end(),
    ],
    [
      '429 with a date',
      (_request, response) => {
        const retryAfter = new Date(Date.now() + 2_000).toUTCString();
        response.writeHead(429, { 'retry-after': retryAfter }).end();
      },
    ],
  ];
  it.each(waits)('X6: %s is waited for', async (_what, busy) => {
    const times: number[] = [];
    const port = await servers.http((request, response) => {
      times.push(performance.now());
      if (times.length === 1) busy(request, response);
      else response.end('good');
    });
    const answer = await make().send(`http://127.0.0.1:${port}/`);
    expect(await answer.text()).toBe('good');
    const waited = (times[1] ?? 0) - (times[0] ?? 0);
    expect(waited).toBeGreaterThanOrEqual(990);
  });

  it('X6: a wait beyond the limit ends the retries at once', async () => {
    let calls = 0;
    const port = await servers.http((_request, response) => {
      calls++;
      response.writeHead(503, { 'retry-after': '3600' }).end('busy');
    });
    const answer = await make().send(`http://127.0.0.1:${port}/`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toBe('busy');
    expect(calls).toBe(1);
  });

  it('X8: the headers arrive, the same key on every attempt', async () => {
    const seen: (string | string[] | undefined)[][] = [];
    const port = await servers.http((request, response) => {
      const { headers } = request;
      seen.push([
        headers['x-attempt'],
        headers['idempotency-key'],
        headers['x-left'],
        headers['x-own'],
      ]);
      request.resume();
      if (seen.length < 3) response.writeHead(503, { 'content-length': 0 }).end();
      else response.end('good');
    });
    const client = make({
      headers: { attempt: 'x-attempt', deadline: 'x-left', idempotencyKey: true },
    });
    const init = { method: 'POST', body: 'x', headers: { 'x-own': 'a' } };
    const answer = await client.send(`http://127.0.0.1:${port}/`, init);
    expect(await answer.text()).toBe('good');
    expect(seen.map(([attempt]) => attempt)).toEqual(['1', '2', '3']);
    expect(new Set(seen.map(([, key]) => key)).size).toBe(1);
    expect(String(seen[0]?.[1])).toMatch(/^"[0-9a-f-]{36}"$/);
    for (const [, , left, own] of seen) {
      expect(Number(left)).toBeGreaterThan(5_000);
      expect(Number(left)).toBeLessThanOrEqual(10_000);
      expect(own).toBe('a');
    }
  });

  it.runIf(follows)('X1: a redirect is followed by fetch, within the attempt', async () => {
    let target = '';
    const hops: string[] = [];
    const port = await servers.http((request, response) => {
      hops.push(request.url ?? '');
      if (request.url === '/start') response.writeHead(302, { location: target }).end();
      else if (hops.length < 4) response.writeHead(503, { 'content-length': 0 }).end();
      else response.end('good');
    });
    target = `http://127.0.0.1:${port}/end`;
    const answer = await make().send(`http://127.0.0.1:${port}/start`);
    expect(await answer.text()).toBe('good');
    expect(hops).toEqual(['/start', '/end', '/start', '/end']);
  });

  it.runIf(follows)(
    'X3: a POST whose redirect leads to a dead port is not sent again',
    async () => {
      const dead = await servers.dead();
      let posts = 0;
      const port = await servers.http((request, response) => {
        posts++;
        request.resume();
        response.writeHead(303, { location: `http://127.0.0.1:${dead}/` }).end();
      });
      const init = { method: 'POST', body: 'x' };
      await expect(make().send(`http://127.0.0.1:${port}/`, init)).rejects.toThrow();
      expect(posts).toBe(1);
    },
  );
});
