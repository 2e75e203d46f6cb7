import { Agent } from 'node:http';
import { Socket } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import axios from 'axios';
import got from 'got';
import type { Outcome } from 'holdfast';
import { classifyFetchError, isFetchFailure } from 'holdfast/fetch';
import ky from 'ky';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from './support/servers.js';

interface Asked {
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

type Get = (url: string, asked: Asked) => PromiseLike<unknown>;

const clients: [string, Get][] = [
  ['axios over node:http', (url, asked) => axios.get(url, { adapter: 'http', ...asked })],
  ['axios over fetch', (url, asked) => axios.get(url, { adapter: 'fetch', ...asked })],
  [
    'got',
    (url, { timeout, signal }) =>
      got(url, {
        retry: { limit: 0 },
        ...(timeout !== undefined && { timeout: { request: timeout } }),
        ...(signal !== undefined && { signal }),
      }),
  ],
  [
    'ky',
    (url, { timeout, ...asked }) =>
      ky(url, { retry: 0, timeout: timeout ?? false, ...asked }).text(),
  ],
];

describe.each(clients)('%s', (_name, get) => {
  const servers = new Servers();
  let origin = '';
  let refusing = '';

  beforeAll(async () => {
    const gone = new Servers();
    refusing = `http://127.0.0.1:${await gone.saying('')}`;
    await gone.close();
    const port = await servers.http((request, response) => {
      const { url = '' } = request;
      if (url === '/stall') return;
      if (url === '/reset') request.socket.resetAndDestroy();
      else if (url === '/cut') {
        response.writeHead(200, { 'content-length': 9 }).write('x');
        setTimeout(() => response.destroy(), 20);
      } else response.writeHead(Number(url.slice(1))).end('x');
    });
    origin = `http://127.0.0.1:${port}`;
  });
  afterAll(() => servers.close());

  const errorOf = async (url: string, asked: Asked = {}): Promise<unknown> => {
    try {
      await get(url, asked);
    } catch (error) {
      return error;
    }
    throw new Error('it answered');
  };

  it.each([
    ['/404', 'status', false],
    ['/429', 'status', true],
    ['/503', 'status', true],
    ['/reset', 'reset', true],
    ['/cut', 'reset', true],
  ] as const)('X9: %s is %s, a failure: %s', async (path, expected, failed) => {
    const error = await errorOf(`${origin}${path}`);
    expect(classifyFetchError(error)).toBe(expected);
    expect(isFetchFailure({ kind: 'failure', error } as Outcome)).toBe(failed);
  });

  it('X9: a refused connection is connect, a timeout of its own is timeout', async () => {
    expect(classifyFetchError(await errorOf(refusing))).toBe('connect');
    expect(classifyFetchError(await errorOf(`${origin}/stall`, { timeout: 50 }))).toBe('timeout');
  });

  it('X2: a protocol that it does not speak is none', async () => {
    const error = await errorOf('ftp://a.example/');
    expect(classifyFetchError(error)).toBeUndefined();
    expect(isFetchFailure({ kind: 'failure', error } as Outcome)).toBe(false);
  });

  it('X9: an abort is none', async () => {
    const caller = new AbortController();
    const error = errorOf(`${origin}/stall`, { signal: caller.signal });
    caller.abort();
    expect(classifyFetchError(await error)).toBe('abort');
    expect(isFetchFailure({ kind: 'failure', error: await error } as Outcome)).toBe(false);
  });
});

describe('an error of no kind, as nock’s replyWithError gives it', () => {
  class Broken extends Agent {
    override createConnection(): Duplex {
      const socket = new Socket();
      process.nextTick(() => socket.destroy(new Error('boom')));
      return socket;
    }
  }
  const agent = new Broken();
  const rows = async function* () {
    yield 'x';
    throw new Error('no such row');
  };
  const url = 'http://a.example/';
  const errorOf = (sent: Promise<unknown>) => sent.then(String, (error: unknown) => error);

  it.each<[string, (body?: Readable) => Promise<unknown>]>([
    ['axios', (data) => axios.request({ url, data, adapter: 'http', httpAgent: agent })],
    [
      'got',
      async (body) =>
        got(url, {
          method: body === undefined ? 'GET' : 'POST',
          ...(body !== undefined && { body }),
          agent: { http: agent },
          retry: { limit: 0 },
        }),
    ],
  ])(
    'X9: is the network by what %s says beside it, unless a stream was sent',
    async (_name, send) => {
      expect(classifyFetchError(await errorOf(send()))).toBe('network');
      expect(classifyFetchError(await errorOf(send(Readable.from(rows()))))).toBeUndefined();
    },
  );

  it('X9: is none where nothing was sent: a hook, a limit of the caller’s', async () => {
    const noToken = (): never => {
      throw new Error('no token');
    };
    const hooks = { beforeRequest: [noToken] };
    const hooked = got(url, { hooks, agent: { http: agent }, retry: { limit: 0 } });
    expect(classifyFetchError(await errorOf(hooked))).toBeUndefined();
    const limited = axios.post(url, 'too long', {
      adapter: 'http',
      maxBodyLength: 2,
      httpAgent: agent,
    });
    const error = await errorOf(limited);
    expect(isFetchFailure({ kind: 'failure', error } as Outcome)).toBe(false);
  });
});
