import { describe, expect, it } from 'vitest';
import { normaliseMethod } from '../../src/fetch/request/method.js';
import { mayRepeat } from '../../src/fetch/retry/repeatable.js';

describe('mayRepeat', () => {
  it.each([
    'GET',
    'HEAD',
    'OPTIONS',
    'TRACE',
    'PUT',
    'DELETE',
    'QUERY',
    'get',
    'Put',
    'query',
    undefined,
  ])('X3: %s may be repeated', (method) => {
    expect(mayRepeat({ method })).toBe(true);
  });

  // `trace` goes out as written, and is then not the method of that name.
  it.each(['POST', 'post', 'PATCH', 'patch', 'CONNECT', 'PURGE', 'trace', ''])(
    'X3: %j may not',
    (method) => {
      expect(mayRepeat({ method })).toBe(false);
    },
  );

  it.each([
    ['Headers', new Headers({ 'Idempotency-Key': '"k"' })],
    ['pairs', [['IDEMPOTENCY-KEY', '"k"']] as [string, string][]],
    ['a record', { 'Idempotency-Key': '"k"' }],
    ['a Map', new Map([['idempotency-key', '"k"']])],
  ])('X3: an Idempotency-Key in %s allows it', (_, headers) => {
    expect(mayRepeat({ method: 'POST', headers })).toBe(true);
  });

  it('X3: an empty Idempotency-Key does not', () => {
    expect(mayRepeat({ method: 'POST', headers: { 'idempotency-key': ' ' } })).toBe(false);
    expect(mayRepeat({ method: 'POST', headers: new Headers() })).toBe(false);
    expect(mayRepeat({ method: 'POST', headers: null })).toBe(false);
  });

  it('X3: the caller’s word is final, either way', () => {
    expect(mayRepeat({ method: 'POST', idempotent: true })).toBe(true);
    expect(mayRepeat({ method: 'GET', idempotent: false })).toBe(false);
    expect(
      mayRepeat({ method: 'POST', idempotent: false, headers: { 'idempotency-key': 'k' } }),
    ).toBe(false);
  });
});

it('X3: methods are written as fetch sends them', async () => {
  for (const method of ['get', 'post', 'put', 'delete', 'head', 'options', 'patch', 'PURGE']) {
    expect(normaliseMethod(method), method).toBe(new Request('http://a/', { method }).method);
  }
});
