import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { circuitBreaker, retry, timeout } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { resilientRequest } from 'holdfast/undici';
import { Agent } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { implementations } from '../fetch/support/implementations.js';
import { Servers } from '../fetch/support/servers.js';

/** Headers, half of the body, and the end of the connection. */
function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 12 });
  response.write('{"ok"', () => response.destroy());
}

const good = (response: ServerResponse): void => {
  response.setHeader('content-type', 'application/json');
  response.end('{"ok":true}');
};

const quick = () => retry({ maxRetries: 2, initialDelay: 0, maxDelay: 0, budget: false });
const servers: Servers[] = [];
afterEach(() => Promise.all(servers.splice(0).map((each) => each.close())));

async function serve(...script: ((response: ServerResponse) => void)[]) {
  const own = new Servers();
  servers.push(own);
  let requests = 0;
  const listener: RequestListener = (_, response) => {
    const step = script[Math.min(requests, script.length - 1)];
    requests++;
    step?.(response);
  };
  const port = await own.http(listener);
  let connections = 0;
  own.onConnection(() => connections++);
  return {
    url: `http://127.0.0.1:${port}/`,
    requests: () => requests,
    connections: () => connections,
  };
}

interface Body {
  text(): Promise<string>;
  /** Reads a part and stops. */
  part(): Promise<unknown>;
}

interface ReadClient {
  read(url: string, init: object, read: (body: Body) => unknown): Promise<unknown>;
  snapshot(): Record<string, { policies: Readonly<Record<string, unknown>> }>;
  on: ReturnType<typeof resilientFetch>['on'];
  close(): Promise<void>;
}

const kinds: [string, (policies: object) => ReadClient][] = [
  ...implementations.map(({ name, fetch, connections }): [string, (p: object) => ReadClient] => [
    name,
    (policies) => {
      const send = resilientFetch({ fetch, policies: policies as never });
      const { init: own, close } = connections(1);
      return {
        read: (url, init, read) =>
          send.read(url, { ...own, ...init } as RequestInit, (response) =>
            read({
              text: () => response.text(),
              part: () => (response.body as ReadableStream).getReader().read(),
            }),
          ),
        snapshot: send.snapshot,
        on: send.on,
        close,
      };
    },
  ]),
  [
    'undici.request',
    (policies) => {
      const send = resilientRequest({ policies: policies as never });
      const dispatcher = new Agent({ connections: 1 });
      return {
        read: (url, init, read) =>
          send.read(url, { dispatcher, ...init }, ({ body }) =>
            read({ text: () => body.text(), part: () => once(body, 'data') }),
          ),
        snapshot: send.snapshot,
        on: send.on,
        close: () => dispatcher.destroy(),
      };
    },
  ],
];

/** Retries ended with the headers: a body that broke off failed the call, and no policy knew of it. */
describe.each(kinds)('%s', (name, make) => {
  it('X7: a body that breaks off while it is read is retried, with its request', async () => {
    const { url, requests } = await serve(breakOff, breakOff, good);
    const client = make([quick()]);
    const outcomes: string[] = [];
    client.on('attempt', ({ outcome }) => outcomes.push(outcome));
    expect(await client.read(url, {}, ({ text }) => text())).toBe('{"ok":true}');
    expect(requests()).toBe(3);
    expect(outcomes).toEqual(['failure', 'failure', 'success']);
    await client.close();
  });

  it('X7: so is one that ends too early, or cannot be unpacked', async () => {
    const short = (response: ServerResponse): void => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      response.write('{"ok"', () => response.socket?.end());
    };
    const garbled = (response: ServerResponse): void => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip at all');
    };
    // undici.request unpacks nothing.
    const script = name === 'undici.request' ? [short, good] : [short, garbled, good];
    const { url, requests } = await serve(...script);
    const client = make([quick()]);
    expect(await client.read(url, {}, ({ text }) => text())).toBe('{"ok":true}');
    expect(requests()).toBe(script.length);
    await client.close();
  });

  it('X7: it is one failure for the breaker, and thrown as it is when no retry helps', async () => {
    const { url, requests } = await serve(breakOff);
    const client = make([quick(), circuitBreaker()]);
    const seen: unknown[] = [];
    const error = await client
      .read(url, {}, async ({ text }) => {
        try {
          return await text();
        } catch (thrown) {
          seen.push(thrown);
          throw thrown;
        }
      })
      .catch((thrown: unknown) => thrown);
    expect(error).toBe(seen.at(-1));
    expect([requests(), seen.length]).toEqual([3, 3]);
    const [breaker] = Object.values(client.snapshot()).map(
      ({ policies }) => policies['circuit_breaker'],
    );
    expect(breaker).toMatchObject({ window: { calls: 3, failures: 3 } });
    await client.close();
  });

  it('X3: a POST whose answer breaks off is not sent again', async () => {
    const { url, requests } = await serve(breakOff, good);
    const client = make([quick()]);
    const call = client.read(url, { method: 'POST', body: '{}' }, ({ text }) => text());
    await expect(call).rejects.toThrow();
    expect(requests()).toBe(1);
    await client.close();
  });

  it('X7: the attempt timeout covers the reading', async () => {
    const { url, requests } = await serve((response) => {
      response.writeHead(200).write('abc');
    }, good);
    const client = make([timeout('5s'), quick(), timeout('150ms')]);
    expect(await client.read(url, {}, ({ text }) => text())).toBe('{"ok":true}');
    expect(requests()).toBe(2);
    await client.close();
  });

  it('X5: a reader that reads nothing keeps its connection, and costs a large body its own', async () => {
    const closed: Promise<unknown>[] = [];
    const large = (response: ServerResponse): void => {
      closed.push(once(response, 'close'));
      response.end(Buffer.alloc(16_000_000, 'x'));
    };
    const { url, connections } = await serve(good, good, good, large);
    const client = make([timeout('5s')]);
    expect(await client.read(url, {}, () => 'unread')).toBe('unread');
    expect(await client.read(url, {}, ({ text }) => text())).toBe('{"ok":true}');
    expect(await client.read(url, {}, () => 'unread')).toBe('unread');
    expect(connections()).toBe(1);
    expect(await client.read(url, {}, () => 'unread')).toBe('unread');
    await Promise.all(closed);
    await client.close();
  });

  it('X5: a reader that stops half-way leaves no connection behind', async () => {
    let closed: Promise<unknown> | undefined;
    const { url } = await serve((response) => {
      closed = once(response, 'close');
      response.write(Buffer.alloc(100_000, 'x'));
    });
    const client = make([]);
    await client.read(url, {}, ({ part }) => part());
    await closed;
    await client.close();
  });

  it('X7: what a reader throws by itself is thrown, not retried and no failure', async () => {
    const { url, requests } = await serve(good);
    const client = make([quick(), circuitBreaker()]);
    for (const own of [new SyntaxError('no'), new TypeError('fetch failed'), 'a text']) {
      const call = client.read(url, {}, async ({ text }) => {
        await text();
        throw own;
      });
      expect(await call.catch((error: unknown) => error)).toBe(own);
    }
    expect(requests()).toBe(3);
    const [breaker] = Object.values(client.snapshot()).map(
      ({ policies }) => policies['circuit_breaker'],
    );
    expect(breaker).toMatchObject({ window: { failures: 0 } });
    await client.close();
  });
});
