import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeoutError } from '../../src/errors.js';
import { classifyFetchError } from '../../src/fetch/errors/classify-error.js';
import { neverSent } from '../../src/fetch/retry/never-sent.js';

const coded = (code: string, more: object = {}): Error =>
  Object.assign(new Error(code), { code }, more);
const failed = (cause: unknown): Error => new TypeError('fetch failed', { cause });

const ofDeno = (what: string, url = 'http://a/'): Error =>
  failed(new Error(`error sending request for url (${url}): client error (Connect): ${what}`));
const REFUSED_BY_DENO =
  'stream error received: refused stream before processing any application logic';

describe('classifyFetchError', () => {
  it.each([
    ['a code on the error itself', coded('ECONNREFUSED'), 'connect'],
    ['a cause', failed(coded('ENOTFOUND')), 'dns'],
    ['a cause of a cause', failed(failed(coded('EPIPE'))), 'reset'],
    ['errors', new AggregateError([new Error('?'), coded('EHOSTUNREACH')]), 'connect'],
    [
      'the outer code before the inner',
      coded('UND_ERR_SOCKET', { cause: coded('EPROTO') }),
      'reset',
    ],
    ['a deeper code before UND_ERR_INFO', coded('UND_ERR_INFO', { cause: coded('EPROTO') }), 'tls'],
    ['UND_ERR_INFO alone', failed(coded('UND_ERR_INFO')), 'reset'],
    ['ETIMEDOUT when connecting', coded('ETIMEDOUT', { syscall: 'connect' }), 'connect'],
    ['ETIMEDOUT of a connection in use', coded('ETIMEDOUT', { syscall: 'read' }), 'timeout'],
    [
      'ETIMEDOUT of all addresses',
      Object.assign(new AggregateError([coded('ETIMEDOUT', { syscall: 'connect' })]), {
        code: 'ETIMEDOUT',
      }),
      'connect',
    ],
    [
      'a parser error without code',
      failed(Object.assign(new Error(), { name: 'HTTPParserError' })),
      'protocol',
    ],
    ['a parser error with one', failed(coded('HPE_INVALID_CONSTANT')), 'protocol'],
    ['a compression error', failed(coded('Z_DATA_ERROR')), 'protocol'],
    ['a TLS alert', failed(coded('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')), 'tls'],
    [
      'ETIMEDOUT of one of several addresses',
      Object.assign(
        new AggregateError([null, coded('EPERM'), coded('ETIMEDOUT', { syscall: 'connect' })]),
        { code: 'ETIMEDOUT' },
      ),
      'connect',
    ],
    ['ECONNRESET when connecting', coded('ECONNRESET', { syscall: 'connect' }), 'reset'],
    ['an abort by undici', coded('UND_ERR_ABORTED'), 'abort'],
    [
      'a proxy that opens no tunnel',
      Object.assign(coded('UND_ERR_ABORTED'), {
        message: 'Proxy response (502) !== 200 when HTTP Tunneling',
      }),
      'connect',
    ],
    ['a name beside an unknown code', coded('E_OWN', { name: 'AbortError' }), 'abort'],
    ['a status turned into an error', coded('UND_ERR_RESPONSE'), 'status'],
    ['a code a later undici may add', failed(coded('UND_ERR_NEW')), 'network'],
    ['an AbortError', new DOMException('aborted', 'AbortError'), 'abort'],
    [
      'the TimeoutError of AbortSignal.timeout',
      new DOMException('late', 'TimeoutError'),
      'timeout',
    ],
    ['holdfast’s own TimeoutError', new TimeoutError('late', { timeoutMs: 1 }), 'timeout'],
    ['what Chrome throws', new TypeError('Failed to fetch'), 'network'],
    ['what Safari throws', new TypeError('Load failed'), 'network'],
    ['what Deno throws', failed(new Error('error sending request for url (http://a/)')), 'network'],
    [
      'a connection refused on Deno',
      ofDeno('tcp connect error: Connection refused (os error 111)'),
      'connect',
    ],
    ['a name unknown to Deno', ofDeno('dns error: failed to lookup address information'), 'dns'],
    ['a certificate that Deno refuses', ofDeno('invalid peer certificate: UnknownIssuer'), 'tls'],
    [
      'a server that speaks no TLS to Deno',
      ofDeno('received corrupt message of type InvalidContentType'),
      'tls',
    ],
    [
      'a connection reset on Deno',
      failed(new Error('Connection reset by peer (os error 104)')),
      'reset',
    ],
    [
      'a connection closed on Deno',
      failed(
        new Error(
          'error sending request from 127.0.0.1:2 for http://a/ (127.0.0.1:1): client error (SendRequest): connection closed before message completed',
        ),
      ),
      'reset',
    ],
    ['an HTTP/2 stream refused on Deno', failed(new Error(REFUSED_BY_DENO)), 'reset'],
    ['a connection refused on Bun', coded('ConnectionRefused', { path: 'http://a/' }), 'connect'],
    [
      'a certificate that Deno does not accept',
      new TypeError(
        'error sending request for url (https://a/): client error (Connect): invalid peer certificate: UnknownIssuer',
      ),
      'tls',
    ],
    [
      'a proxy that wants credentials',
      Object.assign(coded('UND_ERR_ABORTED'), {
        message: 'Proxy response (407) !== 200 when HTTP Tunneling',
      }),
      'connect',
    ],
    ['a 407 under fetch', failed(new Error('proxy authentication required')), 'connect'],
    [
      'a tunnel of another client',
      new Error('tunneling socket could not be established, statusCode=407'),
      'connect',
    ],
    [
      'a server that does not accept our certificate',
      coded('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'),
      'tls',
    ],
    ['a version of TLS that is not ours', coded('ERR_SSL_UNSUPPORTED_PROTOCOL'), 'tls'],
    [
      'what node-fetch says of a body that stalls',
      Object.assign(new Error('Response timeout'), { name: 'FetchError', type: 'body-timeout' }),
      'timeout',
    ],
    ['fetch failed without a cause', new TypeError('fetch failed'), 'network'],
  ])('X9: reads %s', (_, error, expected) => {
    expect(classifyFetchError(error)).toBe(expected);
  });

  it.each([
    ['an error without code', new Error('no')],
    ['a fault in a program', new TypeError('x is not a function')],
    ['a check of fetch’s own', failed(new Error('bad port'))],
    ['a header that node:http does not send', coded('ERR_HTTP_INVALID_HEADER_VALUE')],
    ['a character that no header may have', coded('ERR_INVALID_CHAR')],
    ['a port that is none', coded('ERR_SOCKET_BAD_PORT')],
    ['a protocol that got does not know', coded('ERR_UNSUPPORTED_PROTOCOL')],
    ['too many redirects in undici', new Error('max redirects')],
    ['an invalid URL', new TypeError('Failed', { cause: coded('ERR_INVALID_URL') })],
    ['a wrong length of the caller’s', failed(coded('UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'))],
    ['an error of a file', coded('ENOENT')],
    ['a code that only looks like one', coded('constructor')],
    ['undefined', undefined],
    ['null', null],
    ['a string', 'ECONNRESET'],
    ['a number', 7],
  ])('X9: answers undefined for %s', (_, error) => {
    expect(classifyFetchError(error)).toBeUndefined();
  });

  it('X9: an abort is known by the identity of the reason, whatever the reason is', () => {
    const reason = coded('ECONNRESET');
    const signal = AbortSignal.abort(reason);
    expect(classifyFetchError(reason, signal)).toBe('abort');
    expect(classifyFetchError(coded('ECONNRESET'), signal)).toBe('reset');
    expect(classifyFetchError(reason, new AbortController().signal)).toBe('reset');
    expect(classifyFetchError(reason, null)).toBe('reset');
    // A signal that did not abort has the reason undefined, and so may an error be.
    expect(classifyFetchError(undefined, new AbortController().signal)).toBeUndefined();
  });

  it('X9: ends on cycles, on depth and on width', () => {
    const cycle: Error & { errors?: unknown } = new Error('round');
    cycle.cause = cycle;
    cycle.errors = [cycle, cycle, cycle];
    expect(classifyFetchError(cycle)).toBeUndefined();
    expect(neverSent(cycle)).toBe(false);

    let deep: Error = coded('ECONNREFUSED');
    for (let i = 0; i < 100; i++) deep = new Error('wrapped', { cause: deep });
    expect(classifyFetchError(deep)).toBeUndefined();
    expect(neverSent(deep)).toBe(false);

    let looks = 0;
    const counting = (): object => ({
      get cause(): unknown {
        looks++;
        return counting();
      },
      get errors(): unknown {
        return Array.from({ length: 100 }, counting);
      },
    });
    expect(classifyFetchError(counting())).toBeUndefined();
    expect(neverSent(counting())).toBe(false);
    expect(looks).toBeLessThan(100);
  });

  it('X9: never throws, whatever was thrown', () => {
    const hostile = new Proxy(
      {},
      {
        get(): never {
          throw new Error('no');
        },
      },
    );
    for (const error of [hostile, failed(hostile), { errors: [hostile] }]) {
      expect(classifyFetchError(error)).toBeUndefined();
      expect(neverSent(error)).toBe(false);
    }
    const fields = fc.record(
      {
        name: fc.anything(),
        message: fc.anything(),
        code: fc.anything(),
        syscall: fc.anything(),
        errors: fc.anything(),
        port: fc.anything(),
        hostname: fc.anything(),
        address: fc.anything(),
        cause: fc.anything(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fields, fields, (error, cause) => {
        const thrown = { ...error, cause };
        const word = classifyFetchError(thrown);
        expect(word === undefined || typeof word === 'string').toBe(true);
        expect(typeof neverSent(thrown, 'http://a/')).toBe('boolean');
      }),
    );
  });
});

describe('neverSent', () => {
  const refused = (port = 80): Error =>
    coded('ECONNREFUSED', { syscall: 'connect', address: '10.0.0.1', port });

  it('X3: only when all addresses failed before there was a connection', () => {
    const unreachable = coded('EHOSTUNREACH', { syscall: 'connect' });
    expect(neverSent(failed(new AggregateError([refused(), unreachable])))).toBe(true);
    const mixed = new AggregateError([refused(), coded('ECONNRESET', { syscall: 'read' })]);
    // Node gives it the code of its first member.
    expect(neverSent(failed(Object.assign(mixed, { code: 'ECONNREFUSED' })))).toBe(false);
    expect(neverSent(failed(new AggregateError([])))).toBe(false);
  });

  it.each([
    ['unreachable, in use', coded('EHOSTUNREACH', { syscall: 'read' })],
    ['timed out, in use', coded('ETIMEDOUT', { syscall: 'read' })],
    ['reset', coded('ECONNRESET', { syscall: 'read' })],
    ['a broken pipe', coded('EPIPE', { syscall: 'write' })],
    ['a closed socket', coded('UND_ERR_SOCKET')],
    [
      'a TLS alert, which may follow the request',
      coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
    ],
    [
      'a stream of HTTP/2 that ended for another reason',
      coded('ERR_HTTP2_STREAM_ERROR', {
        message: 'Stream closed with error code NGHTTP2_INTERNAL_ERROR',
        http2ErrorCode: 2,
      }),
    ],
    [
      'a GOAWAY, which may have come after the request',
      coded('UND_ERR_SOCKET', { message: 'HTTP/2: "GOAWAY" frame received with code 0' }),
    ],
    [
      'a GOAWAY of which undici 8 did not tell',
      coded('UND_ERR_INFO', { message: 'HTTP/2: "GOAWAY" frame received with code 0' }),
    ],
    [
      'a frame of another type that was not sent',
      coded('UND_ERR_INFO', { message: 'HTTP/2: "frameError" received - type 0, code -516' }),
    ],
    ['an abort', coded('UND_ERR_ABORTED', { message: 'Request aborted' })],
    [
      'a connection closed on Deno',
      failed(
        new Error(
          'error sending request for url (http://a/): client error (SendRequest): connection closed before message completed',
        ),
      ),
    ],
    ['a connection reset on Deno', failed(new Error('Connection reset by peer (os error 104)'))],
    ['a connection closed on Bun', coded('ConnectionClosed', { path: 'http://a/' })],
    ['a code that hides a certain cause', coded('UND_ERR_SOCKET', { cause: refused() })],
    ['during the body', new TypeError('terminated', { cause: refused() })],
    ['not known', new TypeError('fetch failed')],
    ['no error', 'ECONNREFUSED'],
  ])('X3: not certain when %s', (_, error) => {
    expect(neverSent(error)).toBe(false);
  });

  it('X3: a wrapper of the caller’s, or of a proxy, is looked through', () => {
    expect(neverSent(new Error('no stock', { cause: failed(refused()) }))).toBe(true);
    expect(neverSent(failed(coded('UND_ERR_PRX_CONN', { cause: refused() })))).toBe(true);
    expect(neverSent(failed(coded('UND_ERR_PRX_CONN', { cause: coded('EPIPE') })))).toBe(false);
  });

  it.each([
    [
      'refused by HTTP/2',
      coded('ERR_HTTP2_STREAM_ERROR', {
        message: 'Stream closed with error code NGHTTP2_REFUSED_STREAM',
      }),
    ],
    [
      'refused by HTTP/2, as undici 8 says it',
      coded('ERR_HTTP2_STREAM_ERROR', { http2ErrorCode: 7 }),
    ],
    ['refused by HTTP/2, as Deno says it', failed(new Error(REFUSED_BY_DENO))],
    ['later than a GOAWAY', coded('ERR_HTTP2_GOAWAY_SESSION')],
    [
      'headers that a GOAWAY kept back',
      coded('UND_ERR_INFO', { message: 'HTTP/2: "frameError" received - type 1, code -516' }),
    ],
    [
      'no tunnel',
      coded('UND_ERR_ABORTED', { message: 'Proxy response (502) !== 200 when HTTP Tunneling' }),
    ],
    ['a proxy that goes away', coded('UND_ERR_PRX_CONN', { cause: coded('UND_ERR_SOCKET') })],
    ['no way through a SOCKS proxy', coded('UND_ERR_SOCKS5_REPLY_5')],
  ])('X3: certain, but not whose request it was: %s', (_, error) => {
    expect(neverSent(error)).toBe(true);
    expect(neverSent(failed(error))).toBe(true);
    expect(neverSent(error, 'http://a/', 'POST')).toBe(false);
  });

  it.each([
    ['Bun', coded('ConnectionRefused', { path: 'http://a/b?c', errno: 0 })],
    ['newer Bun', coded('ECONNREFUSED', { path: 'http://a/b?c', errno: 0 })],
    ['older Bun', coded('FailedToOpenSocket', { path: 'http://a/b?c', errno: 0 })],
    ['Deno', ofDeno('tcp connect error: Connection refused (os error 111)', 'http://a/b?c')],
    [
      'Deno on macOS',
      ofDeno('tcp connect error: Connection refused (os error 61)', 'http://a/b?c'),
    ],
    ['Deno, no address', ofDeno('dns error: failed to lookup address information', 'http://a/b?c')],
    [
      'Deno 1',
      new TypeError(
        'error sending request for url (http://a/b?c): error trying to connect: tcp connect error: Connection refused (os error 10061)',
      ),
    ],
  ])('X3: a refused connection names the URL on %s', (_, error) => {
    expect(neverSent(error)).toBe(true);
    for (const url of ['http://a/b?c', 'http://a:80/b?c', 'HTTP://A/b?c#d']) {
      expect(neverSent(error, url, 'POST'), url).toBe(true);
    }
    for (const url of ['http://a/', 'http://b/b?c', 'https://a/b?c', 'http://a:81/b?c']) {
      expect(neverSent(error, url, 'POST'), url).toBe(false);
    }
  });

  it('X3: where redirects are followed, the error has to name the URL’s own target', () => {
    const error = failed(refused(80));
    expect(neverSent(error, 'http://inventory/stock')).toBe(true);
    expect(neverSent(error, 'http://10.0.0.1/')).toBe(true);
    expect(neverSent(error, 'http://10.0.0.2/')).toBe(false);
    expect(neverSent(error, 'https://inventory/')).toBe(false);
    expect(neverSent(error, 'http://inventory:8080/')).toBe(false);
    expect(neverSent(failed(coded('ENOTFOUND', { hostname: 'a' })), 'http://a/')).toBe(true);
    expect(neverSent(failed(coded('ENOTFOUND', { hostname: 'b' })), 'http://a/')).toBe(false);
    // Nothing tells whose certificate it was, or which of two sockets.
    expect(neverSent(failed(coded('CERT_HAS_EXPIRED')), 'https://a/')).toBe(false);
    expect(neverSent(failed(coded('CERT_HAS_EXPIRED')))).toBe(true);
    expect(neverSent(error, 'nonsense')).toBe(false);
  });

  it('X3: the host of a certificate error, ports written as text and default ports are compared', () => {
    const altname = coded('ERR_TLS_CERT_ALTNAME_INVALID', { host: 'Inventory' });
    expect(neverSent(altname, 'https://inventory/')).toBe(true);
    expect(neverSent(altname, 'https://stock/')).toBe(false);
    const text = coded('ECONNREFUSED', { port: '443' });
    expect(neverSent(text, new URL('https://inventory/'))).toBe(true);
    expect(neverSent(text, 'http://inventory/')).toBe(false);
    expect(
      neverSent(coded('EAI_OTHER', { syscall: 'getaddrinfo', hostname: 'a' }), 'http://a/'),
    ).toBe(true);
    // A name that begins or ends like an address is a name.
    expect(neverSent(failed(refused(80)), 'http://10.example/')).toBe(true);
    expect(neverSent(failed(refused(80)), 'http://node.10a/')).toBe(true);
    const path = coded('ECONNREFUSED', { syscall: 'connect', address: '/run/a.sock' });
    expect(neverSent(path, 'http://a/')).toBe(false);
  });

  it('X3: IPv6 addresses, and several in one timeout, are compared', () => {
    const v6 = coded('ECONNREFUSED', { syscall: 'connect', address: '::1', port: 80 });
    expect(neverSent(v6, 'http://[::1]/')).toBe(true);
    expect(neverSent(v6, 'http://[::2]/')).toBe(false);
    const timeout = (text: string): Error =>
      Object.assign(coded('UND_ERR_CONNECT_TIMEOUT'), {
        message: `Connect Timeout Error (${text}, timeout: 10ms)`,
      });
    const several = timeout('attempted addresses: 10.0.0.1:80, ::1:80');
    expect(neverSent(several, 'http://inventory/')).toBe(true);
    expect(neverSent(several, 'http://inventory:81/')).toBe(false);
    expect(neverSent(timeout('attempted addresses: 10.0.0.1:80, ::1:81'), 'http://a/')).toBe(false);
    expect(neverSent(timeout('attempted address: [::1]:80'), 'http://[::1]/')).toBe(true);
    const one = timeout('attempted address: Inventory:80');
    expect(neverSent(one, 'http://inventory/')).toBe(true);
    expect(neverSent(one, 'http://stock/')).toBe(false);
    expect(neverSent(coded('UND_ERR_CONNECT_TIMEOUT'), 'http://a/')).toBe(false);
  });
});
