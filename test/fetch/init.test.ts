import { describe, expect, it } from 'vitest';
import { copyInit } from '../../src/fetch/request/init.js';

describe('copyInit', () => {
  it('X8: copies what it knows and what it does not', () => {
    const signal = new AbortController().signal;
    const init = Object.freeze({ method: 'PUT', signal, next: { revalidate: 5 }, agent: false });
    const copy = copyInit(init);
    expect(copy).toEqual(init);
    expect(copy).not.toBe(init);
  });

  it('X8: holds the headers as they were', () => {
    const headers = { a: '1' };
    const copy = copyInit({ headers });
    headers.a = '2';
    expect(copy['headers']).toEqual({ a: '1' });
    expect(copyInit({ headers: undefined })).toEqual({ headers: undefined });
  });

  it('X8: takes a Request, whose fields are on its prototype', () => {
    const request = new Request('http://a/', {
      method: 'PUT',
      headers: { 'x-a': '1' },
      redirect: 'manual',
    });
    const copy = copyInit(request);
    expect(copy['method']).toBe('PUT');
    expect(copy['redirect']).toBe('manual');
    expect(copy['signal']).toBe(request.signal);
    expect(copy['headers']).toEqual([['x-a', '1']]);
    const again = new Request('http://b/', copy as RequestInit);
    expect(again.method).toBe('PUT');
    expect(again.headers.get('x-a')).toBe('1');
  });

  it('X8: takes what inherits its fields, own ones first', () => {
    class Defaults {
      get method(): string {
        return 'PUT';
      }
      get redirect(): string {
        return 'error';
      }
    }
    const init = Object.assign(Object.create(new Defaults()), { headers: null });
    Object.defineProperty(init, 'redirect', { value: 'manual', enumerable: true });
    expect(copyInit(init)).toEqual({ method: 'PUT', redirect: 'manual', headers: null });
    expect(Object.keys(copyInit(Object.assign(Object.create(null), { method: 'GET' })))).toEqual([
      'method',
    ]);
  });

  it('X8: of nothing is empty', () => {
    expect(copyInit(undefined)).toEqual({});
    expect(copyInit(null)).toEqual({});
  });
});
