import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { readError } from '../../../src/grpc/connect/read-error.js';
import { TimeoutError } from '../../../src/index.js';

const NOW = Date.UTC(2030, 0, 1);

function withCode(code: string, message = code, more: object = {}): Error {
  return Object.assign(new Error(message), { code }, more);
}

/** A ConnectError as a transport makes one that got no answer. */
function made(code: Code, message: string, cause?: unknown): ConnectError {
  return new ConnectError(message, code, undefined, undefined, cause);
}

describe('the error of an attempt over Connect', () => {
  it.each([
    Code.Unavailable,
    Code.NotFound,
    Code.Canceled,
    Code.DeadlineExceeded,
    Code.Aborted,
    Code.Internal,
    Code.Unknown,
  ])('W13: is what the server says, whatever it says (%s)', (code) => {
    const error = new ConnectError('text', code, { date: 'today' });
    expect(readError(error, NOW)).toEqual({
      code,
      details: 'text',
      reach: 'answered',
      pushback: [],
      cause: error,
    });
  });

  it.each<[string, Error, 'nowhere' | 'unknown']>([
    [
      'connection refused',
      made(Code.Unavailable, 'x', withCode('ECONNREFUSED', 'x', { syscall: 'connect' })),
      'nowhere',
    ],
    ['no such host', made(Code.Unavailable, 'x', withCode('ENOTFOUND')), 'nowhere'],
    ['connection reset', made(Code.Aborted, 'x', withCode('ECONNRESET')), 'unknown'],
    [
      'a refused stream',
      made(
        Code.Internal,
        'x',
        withCode('ERR_HTTP2_STREAM_ERROR', 'Stream closed with error code NGHTTP2_REFUSED_STREAM'),
      ),
      'nowhere',
    ],
    [
      'another reset of a stream',
      made(
        Code.Internal,
        'x',
        withCode('ERR_HTTP2_STREAM_ERROR', 'Stream closed with error code NGHTTP2_INTERNAL_ERROR'),
      ),
      'unknown',
    ],
    [
      'a session that ended',
      made(Code.Internal, 'x', withCode('ERR_HTTP2_SESSION_ERROR')),
      'unknown',
    ],
    [
      'a session that goes away before the stream',
      made(Code.Internal, 'x', withCode('ERR_HTTP2_GOAWAY_SESSION')),
      'nowhere',
    ],
    [
      'a server that went away',
      made(Code.Canceled, 'http/2 stream closed with error code CANCEL (0x8)'),
      'unknown',
    ],
    [
      'a fetch that failed',
      made(
        Code.Unknown,
        'fetch failed',
        new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') }),
      ),
      'nowhere',
    ],
    [
      'the same as fetch throws it',
      new TypeError('fetch failed', { cause: withCode('UND_ERR_SOCKET') }),
      'unknown',
    ],
  ])('W13: is UNAVAILABLE: %s', (_, error, reach) => {
    expect(readError(error, NOW)).toMatchObject({ code: Code.Unavailable, reach, cause: error });
  });

  it('W7: is an overload if the server wants calm', () => {
    const text = 'Stream closed with error code NGHTTP2_ENHANCE_YOUR_CALM';
    const byNode = made(Code.Internal, text, withCode('ERR_HTTP2_STREAM_ERROR', text));
    const byConnect = made(
      Code.ResourceExhausted,
      'http/2 stream closed with error code ENHANCE_YOUR_CALM (0xb)',
    );
    for (const error of [byNode, byConnect]) {
      const wanted = { code: Code.ResourceExhausted, reach: 'unknown' };
      expect(readError(error, NOW)).toMatchObject(wanted);
    }
  });

  it('keeps the code if the time of another interceptor was over', () => {
    const error = made(Code.DeadlineExceeded, 'x', new TimeoutError('x'));
    expect(readError(error, NOW)).toMatchObject({ code: Code.DeadlineExceeded, reach: 'unknown' });
  });

  it('keeps the code of an answer that makes no sense', () => {
    const error = made(Code.Internal, 'parse binary: illegal tag: field no 13 wire type 6');
    expect(readError(error, NOW)).toMatchObject({ code: Code.Internal, reach: 'answered' });
  });

  it.each([
    ['a fault in a program', new TypeError('x is not a function')],
    ['a value that is no error', 'no'],
    ['nothing', undefined],
    [
      'a proxy that refuses to be read',
      new Proxy(new Error('no'), {
        get() {
          throw new Error('do not look');
        },
        getPrototypeOf: () => Error.prototype,
      }),
    ],
  ])('says nothing if it is %s', (_, error) => {
    let end: unknown = 'threw';
    try {
      end = readError(error, NOW);
    } catch {
      // Fails below.
    }
    expect(end).toBeUndefined();
  });

  it.each<[string, Record<string, string>, unknown[]]>([
    ['gRPC', { 'grpc-retry-pushback-ms': '70' }, ['70']],
    ['gRPC, which goes first', { 'grpc-retry-pushback-ms': '-1', 'retry-after': '1' }, ['-1']],
    ['HTTP', { 'retry-after': '2' }, ['2000']],
    ['HTTP, as a date', { 'retry-after': new Date(NOW + 5_000).toUTCString() }, ['5000']],
    ['HTTP, with nonsense', { 'retry-after': 'soon' }, []],
  ])('W3, W13: tells how long to wait, as %s says it', (_, metadata, pushback) => {
    const error = new ConnectError('later', Code.Unavailable, metadata);
    expect(readError(error, NOW)?.pushback).toEqual(pushback);
  });
});
