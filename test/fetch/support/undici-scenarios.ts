import type { ServerHttp2Stream } from 'node:http2';
import { afterAll, describe, expect, it } from 'vitest';
import { classifyFetchError } from '../../../src/fetch/errors/classify-error.js';
import { neverSent } from '../../../src/fetch/retry/never-sent.js';
import { describeErrors } from './error-scenarios.js';
import { certificate, Servers } from './servers.js';

/** What is used of undici, 7 or 8. */
export interface UndiciLike {
  readonly Agent: new (options?: object) => AgentLike;
  readonly ProxyAgent: new (uri: string) => AgentLike;
  fetch(url: string, init: object): Promise<{ text(): Promise<string> }>;
  request(url: string, options: object): Promise<{ body: { text(): Promise<string> } }>;
}

interface AgentLike {
  close(): Promise<void>;
  destroy(): Promise<void>;
}

type Send = (url: string, options: object) => Promise<unknown>;

export function describeUndici(name: string, undici: UndiciLike): void {
  const viaFetch: Send = async (url, options) => (await undici.fetch(url, options)).text();
  const viaRequest: Send = async (url, options) => (await undici.request(url, options)).body.text();

  describeErrors(`${name} fetch`, viaFetch);
  describeErrors(`${name} request`, viaRequest, { noDecoding: true, noRedirects: true });

  describe.each([
    ['fetch', viaFetch],
    ['request', viaRequest],
  ])(`${name} %s with a dispatcher`, (_, send) => {
    const servers = new Servers();
    const agents: AgentLike[] = [];
    const failing = async (url: string, dispatcher: AgentLike): Promise<unknown> => {
      agents.push(dispatcher);
      return send(url, { dispatcher }).then(
        () => expect.unreachable('an answer'),
        (error: unknown) => error,
      );
    };
    afterAll(async () => {
      await Promise.all(agents.map((agent) => agent.destroy()));
      await servers.close();
    });

    // undici's own timers are coarse: 100 ms take about a second.
    it('X9: a connection not made in time is connect, and never sent', async () => {
      const url = `https://127.0.0.1:${await servers.tcp(() => {})}/`;
      const error = await failing(url, new undici.Agent({ connect: { timeout: 100 } }));
      expect(classifyFetchError(error)).toBe('connect');
      expect(neverSent(error)).toBe(true);
      expect(neverSent(error, url)).toBe(true);
      expect(neverSent(error, 'https://127.0.0.1:1/')).toBe(false);
      expect(neverSent(error, url.replace('127.0.0.1', 'elsewhere'))).toBe(false);
    });

    it('X9: headers not there in time are timeout', async () => {
      const port = await servers.tcp(() => {});
      const agent = new undici.Agent({ headersTimeout: 100 });
      const error = await failing(`http://127.0.0.1:${port}/`, agent);
      expect(classifyFetchError(error)).toBe('timeout');
      expect(neverSent(error)).toBe(false);
    });

    it('X9: a body not there in time is timeout', async () => {
      const port = await servers.tcp(
        (c) => void c.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'),
      );
      const agent = new undici.Agent({ bodyTimeout: 100 });
      const error = await failing(`http://127.0.0.1:${port}/`, agent);
      expect(classifyFetchError(error)).toBe('timeout');
      expect(neverSent(error)).toBe(false);
    });

    it('X9: a certificate for another name is tls, and never sent', async () => {
      const port = await servers.https((_req, res) => res.end());
      const agent = new undici.Agent({ connect: { ca: certificate.cert } });
      const error = await failing(`https://127.0.0.1:${port}/`, agent);
      expect(classifyFetchError(error)).toBe('tls');
      expect(neverSent(error)).toBe(true);
    });

    it('X9: a proxy that opens no tunnel is connect, not abort', async () => {
      const proxy = await servers.saying('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      const agent = new undici.ProxyAgent(`http://127.0.0.1:${proxy}`);
      const error = await failing('https://127.0.0.1:9999/', agent);
      expect(classifyFetchError(error)).toBe('connect');
      expect(neverSent(error)).toBe(true);
    });

    it('X9: a closed dispatcher is the caller’s doing', async () => {
      const agent = new undici.Agent();
      await agent.close();
      expect(classifyFetchError(await failing('http://127.0.0.1:9999/', agent))).toBeUndefined();
    });

    it.each([
      ['resets the stream', false, (stream: ServerHttp2Stream): void => stream.close(2)],
      ['refuses the stream', true, (stream: ServerHttp2Stream): void => stream.close(7)],
      ['closes the session', false, (stream: ServerHttp2Stream): void => stream.session?.destroy()],
      [
        'goes away',
        false,
        (stream: ServerHttp2Stream): void => {
          const { session } = stream;
          session?.goaway(0, 0);
          setTimeout(() => session?.destroy(), 20);
        },
      ],
    ])('X9: an HTTP/2 server that %s is reset', async (_event, unsent, act) => {
      const port = await servers.http2((server) => {
        server.on('stream', (stream) => {
          stream.on('error', () => {});
          act(stream);
        });
      });
      const agent = new undici.Agent({ allowH2: true, connect: { ca: certificate.cert } });
      const error = await failing(`https://localhost:${port}/`, agent);
      expect(classifyFetchError(error), String(error)).toBe('reset');
      expect(neverSent(error)).toBe(unsent);
    });
  });
}
