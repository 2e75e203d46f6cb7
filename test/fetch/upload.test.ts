import { describe, expect, it } from 'vitest';
import { isUpload } from '../../src/fetch/request/upload.js';

const KIB = 1024;

describe('isUpload', () => {
  const small: unknown[] = [
    undefined,
    null,
    '',
    'x'.repeat(64 * KIB),
    new Uint8Array(64 * KIB),
    new ArrayBuffer(8),
    new DataView(new ArrayBuffer(8)),
    Buffer.from('x'),
    new Blob(['x']),
    new URLSearchParams({ a: '1' }),
  ];
  for (const [i, body] of small.entries()) {
    it(`X1: a body known to be small is sent without a watch (${i})`, () => {
      expect(isUpload(body)).toBe(false);
    });
  }

  const large: unknown[] = [
    'x'.repeat(64 * KIB + 1),
    new Uint8Array(64 * KIB + 1),
    new ArrayBuffer(64 * KIB + 1),
    new Blob([new Uint8Array(64 * KIB + 1)]),
    new URLSearchParams({ a: 'x'.repeat(64 * KIB) }),
    new FormData(),
    new ReadableStream(),
    (async function* () {})(),
  ];
  for (const [i, body] of large.entries()) {
    it(`X1: any other is watched (${i})`, () => {
      expect(isUpload(body)).toBe(true);
    });
  }
});
