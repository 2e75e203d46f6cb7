import { channel } from 'node:diagnostics_channel';
import { neverSent, resilientFetch } from 'holdfast/fetch';
import { describe, expect, it } from 'vitest';

// From here on undici is listened to.
resilientFetch();

const URL_A = 'http://a.example/orders';

const refusal = (): Error =>
  Object.assign(new Error('Stream closed with error code NGHTTP2_REFUSED_STREAM'), {
    code: 'ERR_HTTP2_STREAM_ERROR',
  });

/** undici says that an error ended this request. */
function tell(error: unknown, path = '/orders', method = 'POST', more: object = {}): void {
  const request = { origin: 'http://a.example', path, method, ...more };
  channel('undici:request:error').publish({ request, error });
}

describe('what undici tells of requests that failed', () => {
  it('X3: an error that ended the very request counts, whatever is wrapped around it', () => {
    const error = refusal();
    tell(error, '/orders?of=42', 'POST', { origin: new URL('http://a.example') });
    expect(neverSent(error, `${URL_A}?of=42`, 'POST')).toBe(true);
    expect(neverSent(new TypeError('fetch failed', { cause: error }), URL_A, 'POST')).toBe(true);
    expect(neverSent(error, 'http://a.example/stock', 'POST')).toBe(false);
    expect(neverSent(error, 'http://b.example/orders', 'POST')).toBe(false);
    // A redirect that answers a POST with 303 may lead to the same URL.
    expect(neverSent(error, URL_A, 'PATCH')).toBe(false);
    expect(neverSent(error, URL_A)).toBe(false);
  });

  it('X3: several requests of one kind may share an error, not those of several', () => {
    const error = refusal();
    tell(error, '/orders');
    tell(error, '/stock');
    expect(neverSent(error, URL_A, 'POST')).toBe(true);
    expect(neverSent(error, 'http://a.example/stock', 'POST')).toBe(true);
    tell(error, '/receipt', 'GET');
    // One of them may be what the POST was redirected to.
    expect(neverSent(error, URL_A, 'POST')).toBe(false);
  });

  it('X3: where several requests share an error that names its target, its word counts', () => {
    const fields = { code: 'ECONNREFUSED', syscall: 'connect', address: '10.0.0.1', port: 80 };
    const error = Object.assign(new Error('connect ECONNREFUSED'), fields);
    tell(error);
    tell(error, '/orders', 'GET');
    expect(neverSent(error, URL_A, 'POST')).toBe(true);
    expect(neverSent(error, 'http://a.example:81/orders', 'POST')).toBe(false);
  });

  it('X3: what is told goes before the target that an error names', () => {
    const fields = { code: 'ECONNREFUSED', syscall: 'connect', address: '10.0.0.1', port: 80 };
    const error = Object.assign(new Error('connect ECONNREFUSED'), fields);
    tell(error, '/receipt', 'GET');
    expect(neverSent(error, URL_A, 'POST')).toBe(false);
  });

  it('X3: a name that undici put an address in the place of is known by the error', () => {
    const fields = { code: 'ECONNREFUSED', syscall: 'connect', address: '10.0.0.1', port: 80 };
    const error = Object.assign(new Error('connect ECONNREFUSED'), fields);
    tell(error, '/orders', 'POST', { origin: 'http://10.0.0.1' });
    expect(neverSent(error, URL_A, 'POST')).toBe(true);
  });

  it('X3: what undici sent to a proxy to get there is not the request', () => {
    const error = Object.assign(new Error('Proxy response (502) !== 200 when HTTP Tunneling'), {
      code: 'UND_ERR_ABORTED',
    });
    tell(error, 'a.example:443', 'CONNECT', { origin: 'http://proxy.example' });
    expect(neverSent(error, URL_A, 'POST')).toBe(false);
    tell(error, 'http://a.example/orders');
    expect(neverSent(error, URL_A, 'POST')).toBe(true);
  });

  it('X3: only undici 8 says of a GOAWAY whose request it came before', () => {
    const goaway = (): Error =>
      Object.assign(new Error('HTTP/2: "GOAWAY" frame received with code 0'), {
        code: 'UND_ERR_INFO',
      });
    const [of7, of8] = [goaway(), goaway()];
    tell(of7, '/orders', 'POST', { onHeaders() {} });
    tell(of8, '/orders', 'POST', { onResponseStart() {} });
    expect(neverSent(of7, URL_A, 'POST')).toBe(false);
    expect(neverSent(of8, URL_A, 'POST')).toBe(true);
  });

  it('X3: nonsense is not listened to', () => {
    const error = refusal();
    for (const message of [undefined, {}, { error }, { error, request: {} }, { request: {} }]) {
      channel('undici:request:error').publish(message);
    }
    tell('no error');
    tell(error, '/orders', 'POST', { origin: 'nonsense' });
    expect(neverSent(error, URL_A, 'POST')).toBe(false);
  });
});
