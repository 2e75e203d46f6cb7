import type { Outcome } from 'holdfast';
import { classifyFetchError, isFetchFailure, resilientFetch } from 'holdfast/fetch';
import { MockAgent } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { type GlobalFetch, quick, ways } from '../fetch/support/breaker-ways.js';
import { double } from '../fetch/support/double.js';
import { Servers } from '../fetch/support/servers.js';

const coded = (code: string): Error => Object.assign(new Error(`with ${code}`), { code });
const nodeFetch = (type: string, message = 'request to http://a/ failed, reason: boom'): Error =>
  Object.assign(new Error(message), { name: 'FetchError', type });

/** A test with a double of the network saw no retries, and blamed holdfast. */
describe('a double of the network', () => {
  it.each<[string, Error, string]>([
    [
      'MSW: HttpResponse.error()',
      new TypeError('Failed to fetch', { cause: Response.error() }),
      'network',
    ],
    // nock 14 has fetch reject with the very error that it was given.
    ['nock: replyWithError with a code', coded('ECONNRESET'), 'reset'],
    ['nock under node-fetch', nodeFetch('system'), 'network'],
    ['happy-dom', new DOMException('Fetch to "http://a/" failed.', 'NetworkError'), 'network'],
    [
      'by hand: with a cause',
      new TypeError('Failed to fetch', { cause: new Error('boom') }),
      'network',
    ],
    [
      'by hand: with a code beneath',
      new TypeError('Failed to fetch', { cause: coded('ECONNRESET') }),
      'reset',
    ],
    [
      'node-fetch: a timeout',
      nodeFetch('request-timeout', 'network timeout at: http://a/'),
      'timeout',
    ],
    ['a cause that is no error', new TypeError('fetch failed', { cause: 'down' }), 'network'],
    ['a cause that is an object', new TypeError('fetch failed', { cause: {} }), 'network'],
    ['by hand: fetch failed', new TypeError('fetch failed'), 'network'],
    ['by hand: Failed to fetch', new TypeError('Failed to fetch'), 'network'],
    ['by hand: of another class', new Error('Failed to fetch'), 'network'],
    ['by hand: in other letters', new Error('Network Error'), 'network'],
    ['by hand: socket hang up', new Error('socket hang up'), 'reset'],
    ['by hand: a code in words', new Error('connect ECONNREFUSED 127.0.0.1:80'), 'connect'],
    ['by hand: a code alone', new Error('ECONNRESET'), 'reset'],
    ['by hand: no address', new Error('getaddrinfo ENOTFOUND a.example'), 'dns'],
    ['by hand: late', new Error('Request timed out'), 'timeout'],
    [
      'an SDK: late',
      Object.assign(new Error('late'), { name: 'APIConnectionTimeoutError' }),
      'timeout',
    ],
  ])('X9: is the network: %s', async (_what, error, is) => {
    expect(classifyFetchError(error)).toBe(is);
    expect(isFetchFailure({ kind: 'failure', error } as Outcome)).toBe(true);
    const sent = double(error, error, 200);
    const send = resilientFetch({ fetch: sent as GlobalFetch, policies: quick });
    expect((await send('http://a.example/')).status).toBe(200);
    expect(sent.calls).toHaveLength(3);
  });

  it.each<[string, Error]>([
    ['undici’s MockAgent', new TypeError('fetch failed', { cause: new Error('something awful') })],
    ['nock: replyWithError of a text', new Error('boom')],
    ['by hand: a rejected promise', new Error('the upstream is on holiday')],
    ['by hand: without a word', new Error()],
  ])(
    'X9: is the network where only the call can tell it from a stream of the caller’s that failed: %s',
    async (_what, error) => {
      expect(classifyFetchError(error)).toBeUndefined();
      for (const init of [{}, { method: 'PUT', body: 'x' }, { method: 'DELETE' }]) {
        const sent = double(error, error, 200);
        const send = resilientFetch({ fetch: sent as GlobalFetch, policies: quick });
        expect((await send('http://a.example/', init)).status).toBe(200);
      }
      const sent = double(error);
      const send = resilientFetch({ fetch: sent as GlobalFetch, policies: quick });
      for (let i = 0; i < 4; i++) {
        const body = new ReadableStream();
        await expect(send('http://a.example/', { method: 'PUT', body })).rejects.toBe(error);
      }
      expect(sent.calls).toHaveLength(4);
    },
  );

  it.each<[string, unknown]>([
    ['a port', new TypeError('fetch failed', { cause: new Error('bad port') })],
    ['a scheme', new TypeError('fetch failed', { cause: new Error('unknown scheme') })],
    ['a redirect', new TypeError('fetch failed', { cause: new Error('unexpected redirect') })],
    ['a loop', new TypeError('fetch failed', { cause: new Error('redirect count exceeded') })],
    [
      'a fault in a program',
      new TypeError('fetch failed', { cause: new TypeError('x is not a function') }),
    ],
    ['a proxy that wants credentials', new TypeError('fetch failed', { cause: new Error() })],
    ['a fault that mentions one', new TypeError('Request timed out is not a function')],
    [
      'an error of the program’s own class',
      Object.assign(new Error('no token'), { name: 'NoTokenError' }),
    ],
    ['an error with a code of the program’s own', coded('NO_TOKEN')],
  ])('X9: is not: %s', async (_what, error) => {
    expect(classifyFetchError(error)).toBeUndefined();
    const sent = double(error as Error);
    const send = resilientFetch({ fetch: sent as GlobalFetch, policies: quick });
    await expect(send('http://a.example/')).rejects.toBe(error);
    expect(sent.calls).toHaveLength(1);
  });

  it.each(Object.entries(ways))('X9: of undici’s MockAgent, with %s', async (_name, make) => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    const pool = agent.get('http://a.example');
    pool.intercept({ path: '/' }).replyWithError(new Error('boom')).times(2);
    pool.intercept({ path: '/' }).reply(200, 'good');
    expect(await make({ policies: quick }, agent).status('http://a.example/')).toBe(200);
    await agent.close();
  });
});

describe('the body of a caller', () => {
  const servers = new Servers();
  afterAll(() => servers.close());

  it.each(Object.entries(ways))(
    'X2: that fails is no failure of the upstream, with %s',
    async (_name, make) => {
      const port = await servers.http((request, response) => {
        request.on('error', () => {});
        request.resume().on('end', () => response.end());
      });
      const way = make({ policies: quick });
      for (let i = 0; i < 4; i++) {
        const body = (async function* () {
          yield Buffer.from('a');
          throw new Error('no such row');
        })();
        const error = await way
          .status(`http://127.0.0.1:${port}/`, { method: 'PUT', body, duplex: 'half' } as object)
          .catch((thrown: unknown) => thrown);
        expect((error as Error).cause ?? error).toMatchObject({ message: 'no such row' });
      }
    },
  );
});
