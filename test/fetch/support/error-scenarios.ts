import dns from 'node:dns';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { classifyFetchError } from '../../../src/fetch/errors/classify-error.js';
import type { FetchErrorClass } from '../../../src/fetch/errors/error-table.js';
import { neverSent } from '../../../src/fetch/retry/never-sent.js';
import { Servers } from './servers.js';

/** Sends a request and reads the whole answer. */
export type Get = (url: string, options: GetOptions) => Promise<unknown>;

interface GetOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly duplex?: string;
  readonly signal?: AbortSignal;
}

interface Scenario {
  readonly event: string;
  readonly is: FetchErrorClass | undefined;
  /** Whether the request certainly never left. */
  readonly unsent?: true;
  /** Only where this implementation can meet it. */
  readonly skip?: boolean | undefined;
  readonly url: (servers: Servers) => Promise<string>;
}

const HEAD = 'HTTP/1.1 200 OK\r\n';
const http = async (port: Promise<number>): Promise<string> => `http://127.0.0.1:${await port}/`;
const https = async (port: Promise<number>): Promise<string> => `https://127.0.0.1:${await port}/`;
const reset = (socket: Socket): void => {
  socket.resetAndDestroy();
};

const scenarios = (noDecoding: boolean, noRedirects: boolean): readonly Scenario[] => [
  { event: 'refused', is: 'connect', unsent: true, url: (s) => http(s.dead()) },
  {
    event: 'refused by all addresses of a name',
    is: 'connect',
    unsent: true,
    url: async (s) => `http://two.addresses.invalid:${await s.dead()}/`,
  },
  {
    event: 'an unknown name',
    is: 'dns',
    unsent: true,
    url: async () => 'http://ENOTFOUND.invalid/',
  },
  {
    event: 'a name server out of reach',
    is: 'dns',
    unsent: true,
    url: async () => 'http://EAI_AGAIN.invalid/',
  },
  {
    event: 'a self-signed certificate',
    is: 'tls',
    unsent: true,
    url: async (s) => `https://localhost:${await s.https((_, res) => res.end())}/`,
  },
  {
    event: 'a server that speaks no TLS',
    is: 'tls',
    url: (s) => https(s.http((_, res) => void res.end())),
  },
  { event: 'FIN in the TLS handshake', is: 'reset', url: (s) => https(s.tcp((c) => void c.end())) },
  { event: 'RST in the TLS handshake', is: 'reset', url: (s) => https(s.tcp(reset)) },
  { event: 'RST before the headers', is: 'reset', url: (s) => http(s.tcp(reset)) },
  { event: 'FIN before the headers', is: 'reset', url: (s) => http(s.tcp((c) => void c.end())) },
  {
    event: 'RST in the body',
    is: 'reset',
    url: (s) =>
      http(
        s.tcp((c) => {
          c.write(`${HEAD}content-length: 100\r\n\r\nabc`, () => setTimeout(reset, 20, c));
        }),
      ),
  },
  {
    event: 'FIN in a body of declared length',
    is: 'reset',
    url: (s) => http(s.saying(`${HEAD}content-length: 100\r\n\r\nabc`)),
  },
  {
    event: 'FIN in a chunked body',
    is: 'reset',
    url: (s) => http(s.saying(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\nabc`)),
  },
  {
    event: 'a broken chunk',
    is: 'protocol',
    url: (s) => http(s.saying(`${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\nabc`)),
  },
  {
    event: 'another protocol',
    is: 'protocol',
    url: (s) => http(s.saying('SSH-2.0 OpenSSH_9.9\r\n\r\n')),
  },
  {
    event: 'a length that is no number',
    is: 'protocol',
    url: (s) => http(s.saying(`${HEAD}content-length: abc\r\n\r\nabc`)),
  },
  {
    event: 'headers without end',
    is: 'protocol',
    url: (s) => http(s.saying(`${HEAD}x: ${'a'.repeat(100_000)}\r\n\r\n`)),
  },
  {
    event: 'a body that is not encoded as it says',
    is: 'protocol',
    skip: noDecoding,
    url: (s) => http(s.saying(`${HEAD}content-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd`)),
  },
  {
    event: 'redirects without end',
    is: undefined,
    skip: noRedirects,
    url: (s) => http(s.http((_, res) => res.writeHead(302, { location: '/' }).end())),
  },
  { event: 'a URL that is none', is: undefined, url: async () => 'nonsense' },
  { event: 'a scheme that is none', is: undefined, url: async () => 'foo://bar/' },
];

/** What one way of sending a request has to show; `get` must use no connection of an earlier test. */
export function describeErrors(
  name: string,
  get: Get,
  { noDecoding = false, noRedirects = false } = {},
): void {
  describe(name, () => {
    const servers = new Servers();

    beforeAll(() => {
      // No name server is asked: the names say what it would answer.
      const { lookup } = dns;
      const fake = (host: string, options: unknown, callback: (error: Error) => void): void => {
        const [code, domain] = host.split('.');
        if (host === 'two.addresses.invalid') {
          const both = [
            { address: '127.0.0.1', family: 4 },
            { address: '::1', family: 6 },
          ];
          return void process.nextTick(
            callback as unknown as (...found: unknown[]) => void,
            null,
            both,
          );
        }
        if (domain !== 'invalid') return void Reflect.apply(lookup, dns, [host, options, callback]);
        const message = `getaddrinfo ${code?.toUpperCase()} ${host}`;
        const fields = { code: code?.toUpperCase(), syscall: 'getaddrinfo', hostname: host };
        process.nextTick(callback, Object.assign(new Error(message), fields));
      };
      vi.spyOn(dns, 'lookup').mockImplementation(fake as unknown as typeof dns.lookup);
    });
    afterAll(async () => {
      vi.restoreAllMocks();
      await servers.close();
    });

    for (const { event, is, unsent, skip, url } of scenarios(noDecoding, noRedirects)) {
      it.skipIf(skip === true)(`X9: ${event} is ${is ?? 'no network error'}`, async () => {
        const error: unknown = await get(await url(servers), {}).then(
          () => expect.unreachable('an answer'),
          (reason: unknown) => reason,
        );
        expect(classifyFetchError(error), String(error)).toBe(is);
        expect(neverSent(error), 'neverSent').toBe(unsent === true);
      });
    }

    it('X9: an error of another port than the URL’s does not show that nothing was sent', async () => {
      const dead = await servers.dead();
      const url = `http://127.0.0.1:${dead}/`;
      const error: unknown = await get(url, {}).catch((reason: unknown) => reason);
      expect(neverSent(error, url)).toBe(true);
      expect(neverSent(error, new URL(`http://localhost:${dead}/`))).toBe(true);
      expect(neverSent(error, `http://127.0.0.1:${dead + 1}/`)).toBe(false);
      expect(neverSent(error, `http://127.0.0.2:${dead}/`)).toBe(false);
    });

    it.skipIf(noRedirects)('X3: a redirect to a dead port is not "never sent"', async () => {
      const dead = await servers.dead();
      const port = await servers.http((_, res) =>
        res.writeHead(303, { location: `http://127.0.0.1:${dead}/` }).end(),
      );
      const url = `http://127.0.0.1:${port}/`;
      const error: unknown = await get(url, {}).catch((reason: unknown) => reason);
      expect(classifyFetchError(error)).toBe('connect');
      expect(neverSent(error, url)).toBe(false);
    });

    it.each([
      ['its default reason', (): unknown => undefined],
      ['an error of the caller’s', (): unknown => new Error('enough')],
      [
        'one that looks like the network’s',
        (): unknown => Object.assign(new Error(), { code: 'ECONNRESET' }),
      ],
      ['a value that is no error', (): unknown => 'enough'],
    ])('X9: an abort with %s is an abort', async (_, reason) => {
      const port = await servers.tcp(() => {});
      const caller = new AbortController();
      const { signal } = caller;
      setTimeout(() => caller.abort(reason()), 20);
      const error: unknown = await get(`http://127.0.0.1:${port}/`, { signal }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toBe(signal.reason);
      expect(classifyFetchError(error, signal)).toBe('abort');
      expect(neverSent(error)).toBe(false);
    });

    it('X9: an error of the caller’s own body is no network error', async () => {
      const port = await servers.http((req, res) => {
        req.on('error', () => {});
        req.resume().on('end', () => res.end());
      });
      async function* body(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('abc');
        throw new Error('no more');
      }
      const options = { method: 'POST', body: body(), duplex: 'half' };
      const error: unknown = await get(`http://127.0.0.1:${port}/`, options).then(
        () => expect.unreachable('an answer'),
        (thrown: unknown) => thrown,
      );
      expect(classifyFetchError(error), String(error)).toBeUndefined();
      expect(neverSent(error)).toBe(false);
    });

    it('X9: an abort in the body is an abort', async () => {
      const port = await servers.tcp((c) => void c.write(`${HEAD}content-length: 9\r\n\r\nabc`));
      const caller = new AbortController();
      setTimeout(() => caller.abort(new Error('enough')), 50);
      const { signal } = caller;
      const error: unknown = await get(`http://127.0.0.1:${port}/`, { signal }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toBe(signal.reason);
      expect(classifyFetchError(error, signal)).toBe('abort');
    });
  });
}
