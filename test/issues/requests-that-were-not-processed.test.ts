import { createServer } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { neverSent } from 'holdfast/fetch';
import type { Dispatcher } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { connectProxy } from '../fetch/support/connect-proxy.js';
import { type Client, ways } from '../fetch/support/dispatcher-ways.js';
import { HELLO, http2Origin } from '../fetch/support/http2-origin.js';
import { httpsOrigin } from '../fetch/support/https-origin.js';
import { certificate, Servers } from '../fetch/support/servers.js';

/**
 * A POST that HTTP/2 refused, that a GOAWAY came before, or that a proxy opened no tunnel for was not sent again, although it is certain that
 * nobody had processed it; and where a redirect led to the same host and port, a refused connection passed for a POST that never left.
 */
let servers = new Servers();
let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing) await close();
  await servers.close();
  servers = new Servers();
  closing = [];
});

const POST = { method: 'POST', body: 'an order' };
const ca = certificate.cert;

const settled = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => error);

function countRetries({ on }: Client): () => number {
  let retries = 0;
  on('retry', () => retries++);
  return () => retries;
}

describe.each(ways)('$name', ({ undici, make, follows }) => {
  const isUndici8 = undici.Agent !== ways[0]?.undici.Agent;

  const keep = <D extends Dispatcher>(dispatcher: D): D => {
    closing.push(() => dispatcher.destroy());
    return dispatcher;
  };
  const http2 = () => keep(new undici.Agent({ allowH2: true, connect: { ca } }));
  const through = (proxy: string) =>
    keep(new undici.ProxyAgent({ uri: proxy, requestTls: { ca } }));
  /** Redirects are fetch's own; to undici they are an interceptor. */
  const following = (dispatcher: Dispatcher): Dispatcher =>
    follows ? dispatcher : dispatcher.compose(undici.interceptors.redirect({ maxRedirections: 5 }));

  it('X3: sends a POST again that HTTP/2 refused, until it is processed once', async () => {
    const origin = await http2Origin(servers, 'refuse', 'refuse', 'refuse', 200);
    const client = make(http2());
    const retries = countRetries(client);
    expect(await client.send(`${origin.url}/orders?of=42`, POST)).toBe(200);
    expect(origin.processed).toEqual(['POST /orders?of=42']);
    expect(retries()).toBeGreaterThan(0);
  });

  it('X3: sends a POST again that a GOAWAY came before, where undici says so', async () => {
    const origin = await http2Origin(servers, 'go away before', 200);
    const client = make(http2());
    expect(await client.send(`${origin.url}${HELLO}`)).toBe(200);
    const answer = await settled(client.send(`${origin.url}/orders`, POST));
    if (isUndici8) {
      expect(answer).toBe(200);
      expect(origin.processed).toEqual(['POST /orders']);
    } else {
      // Its error is the same for a stream that was served.
      expect(answer).toBeInstanceOf(Error);
      expect(origin.came).toEqual(['POST /orders']);
    }
  });

  it('X3: does not send a POST again that came before a GOAWAY', async () => {
    const origin = await http2Origin(servers, 'go away after', 200);
    const client = make(http2());
    expect(await client.send(`${origin.url}${HELLO}`)).toBe(200);
    expect(await settled(client.send(`${origin.url}/orders`, POST))).toBeInstanceOf(Error);
    expect(origin.processed).toEqual(['POST /orders']);
  });

  it('X3: does not send a POST again when HTTP/2 refused what it was redirected to', async () => {
    const target = await http2Origin(servers, 'refuse');
    const origin = await http2Origin(servers, { status: 303, to: `${target.url}/orders` });
    const client = make(following(http2()));
    expect(await settled(client.send(`${origin.url}/orders`, POST))).toBeInstanceOf(Error);
    expect(target.came[0]).toBe('GET /orders');
    expect(origin.processed).toEqual(['POST /orders']);
  });

  it('X3: not even when that is the same URL', async () => {
    const origin = await http2Origin(servers, { status: 303, to: '/orders' }, 'refuse');
    const client = make(following(http2()));
    const retries = countRetries(client);
    expect(await settled(client.send(`${origin.url}/orders`, POST))).toBeInstanceOf(Error);
    expect(origin.processed).toEqual(['POST /orders']);
    expect(retries()).toBe(0);
  });

  it('X3: not when the same host and port refuses the connection after the redirect', async () => {
    let posts = 0;
    const server = createServer((_, response) => {
      posts++;
      // Nobody listens any more when the redirect arrives.
      server.close();
      response.writeHead(303, { location: '/receipt', connection: 'close' }).end();
    });
    const url = `http://127.0.0.1:${await new Servers().listen(server)}/orders`;
    const client = make(following(http2()));
    const retries = countRetries(client);
    expect(await settled(client.send(url, POST))).toBeInstanceOf(Error);
    expect(posts).toBe(1);
    expect(retries()).toBe(0);
  });

  it.each([502, 503, 500])(
    'X3: sends a POST again for which a proxy opened no tunnel: %i',
    async (status) => {
      const origin = await httpsOrigin(servers);
      const proxy = await connectProxy(servers, status, status, 'open');
      const client = make(through(proxy.url));
      const retries = countRetries(client);
      expect(await client.send(`${origin.url}/orders`, POST)).toBe(200);
      expect(origin.processed).toEqual(['POST /orders']);
      expect(proxy.asked).toHaveLength(3);
      expect(retries()).toBe(2);
    },
  );

  it('X3: processes a POST once where the proxy closes the connection at first', async () => {
    const origin = await httpsOrigin(servers);
    const proxy = await connectProxy(servers, 'close', 'open');
    expect(await make(through(proxy.url)).send(`${origin.url}/orders`, POST)).toBe(200);
    expect(origin.processed).toEqual(['POST /orders']);
  });

  it('X3: tries a POST again where nobody listens at the proxy’s port', async () => {
    const dead = await servers.dead();
    const client = make(through(`http://127.0.0.1:${dead}`));
    const retries = countRetries(client);
    const error = await settled(client.send('https://localhost:9999/orders', POST));
    expect(error).toBeInstanceOf(Error);
    expect(retries()).toBe(3);
  });

  it('X3: does not send a POST again when the proxy refuses a tunnel for the redirect', async () => {
    const target = await httpsOrigin(servers);
    const origin = await httpsOrigin(servers, `${target.url}/receipt`);
    const proxy = await connectProxy(servers, 'open', 502);
    const client = make(following(through(proxy.url)));
    expect(await settled(client.send(`${origin.url}/orders`, POST))).toBeInstanceOf(Error);
    expect(proxy.asked).toHaveLength(2);
    expect(origin.processed).toEqual(['POST /orders']);
  });

  it('X3: sends a body that is there only once not again, refused or not', async () => {
    const origin = await http2Origin(servers, 'refuse', 200);
    const body = (async function* () {
      yield Buffer.from('an order');
    })();
    const init = { method: 'POST', body, duplex: 'half' };
    expect(await settled(make(http2()).send(`${origin.url}/orders`, init))).toBeInstanceOf(Error);
    expect(origin.processed).toEqual([]);
  });
});

describe('neverSent() of the errors of node:http2', () => {
  async function failing(session: ClientHttp2Session, path: string): Promise<unknown> {
    return new Promise((resolve) => {
      const request = session.request({ ':method': 'POST', ':path': path });
      request.on('error', resolve);
      request.on('response', () => request.resume().on('end', () => resolve(undefined)));
      request.on('close', () => resolve(undefined));
      request.end('an order');
    });
  }

  it('X3: a stream above the last of a GOAWAY, and one that comes after it, were not processed', async () => {
    const origin = await http2Origin(servers, 'go away before');
    const session = connectHttp2(origin.url, { ca });
    session.on('error', () => {});
    await failing(session, HELLO);
    const error = await failing(session, '/orders');
    expect(error).toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
    expect(neverSent(error)).toBe(true);
    // Nothing tells whose stream it was.
    expect(neverSent(error, `${origin.url}/orders`, 'POST')).toBe(false);
    let late: unknown;
    try {
      session.request({ ':path': '/' }).on('error', () => {});
    } catch (thrown) {
      late = thrown;
    }
    if ((late as { code?: unknown } | undefined)?.code === 'ERR_HTTP2_GOAWAY_SESSION') {
      expect(neverSent(late)).toBe(true);
    }
    session.destroy();
  });
});
