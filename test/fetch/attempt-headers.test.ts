import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContractError } from '../../src/errors.js';
import {
  deadlineValue,
  quoteKey,
  withAttemptHeaders,
  withIdempotencyKey,
} from '../../src/fetch/request/attempt-headers.js';
import { readHeader } from '../../src/fetch/request/headers.js';

describe('deadline and attempt', () => {
  it('X8: the deadline is in whole milliseconds, rounded down', () => {
    expect(deadlineValue(1500.9)).toBe('1500');
    expect(deadlineValue(0.4)).toBe('0');
    expect(deadlineValue(-3)).toBe('0');
    expect(deadlineValue(Infinity)).toBeUndefined();
  });

  it('X8: are set under the names asked for', () => {
    const names = { deadline: 'x-deadline-ms', attempt: 'x-attempt' };
    const own = new Headers({ accept: 'a', 'X-Attempt': '9' });
    const headers = withAttemptHeaders(own, names, 2, 750.5);
    expect(readHeader(headers, 'x-deadline-ms')).toBe('750');
    expect(readHeader(headers, 'x-attempt')).toBe('2');
    expect(readHeader(headers, 'accept')).toBe('a');
    expect(own.get('x-attempt')).toBe('9');
  });

  it('X8: nothing asked for, nothing copied', () => {
    const own = new Headers();
    expect(withAttemptHeaders(own, {}, 1, 100)).toBe(own);
    expect(withAttemptHeaders(undefined, {}, 1, 100)).toBeUndefined();
    expect(withAttemptHeaders(own, { deadline: 'x-left' }, 1, Infinity)).toBe(own);
  });
});

describe('idempotency key', () => {
  it('X8: is a quoted random UUID by default', () => {
    const first = readHeader(withIdempotencyKey(undefined), 'idempotency-key');
    const second = readHeader(withIdempotencyKey(null), 'idempotency-key');
    expect(first).toMatch(/^"[0-9a-f]{8}-[0-9a-f-]{27}"$/);
    expect(second).not.toBe(first);
  });

  it('X8: the caller’s own stays', () => {
    const headers = { 'Idempotency-Key': '"mine"' };
    expect(withIdempotencyKey(headers, () => expect.unreachable())).toBe(headers);
    const blank = withIdempotencyKey({ 'Idempotency-Key': ' ' }, () => 'k');
    expect(blank).toEqual({ 'idempotency-key': '"k"' });
  });

  it('X8: any printable key is quoted so that it reads back as it was', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x20-\x7e]+$/), (key) => {
        fc.pre(!/^".+"$/.test(key));
        const quoted = quoteKey(key);
        expect(quoted).toMatch(/^".*"$/);
        expect(quoted.slice(1, -1).replace(/\\(["\\])/g, '$1')).toBe(key);
        expect(quoteKey(quoted), 'quoted once').toBe(quoted);
      }),
    );
  });

  it.each(['', 'schlüssel', 'a\nb', 'a\r\nx-evil: 1', undefined, 7])(
    'X8: %j cannot be sent, and says so',
    (key) => {
      const make = (): string => key as string;
      expect(() => withIdempotencyKey({}, make)).toThrow(ContractError);
      expect(() => withIdempotencyKey({}, make)).toThrow(/^idempotencyKey: .* printable ASCII/);
    },
  );
});
