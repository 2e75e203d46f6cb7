import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatGrpcTimeout, parseGrpcTimeout } from '../../src/grpc/grpc-timeout.js';

describe('grpc-timeout', () => {
  it.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['4m', 4],
    ['5000u', 5],
    ['6000000n', 6],
    ['0m', 0],
    ['99999999m', 99_999_999],
  ])('reads %s', (text, ms) => {
    expect(parseGrpcTimeout(text)).toBeCloseTo(ms, 9);
  });

  it.each(['', 'm', '1', '1s', '-1m', '1.5S', '100000000m', ' 1m', '1m ', '1ms', undefined, 5])(
    'reads no time in %j',
    (text) => {
      expect(parseGrpcTimeout(text)).toBeUndefined();
    },
  );

  it.each([
    [0, '0m'],
    [-5, '0m'],
    [0.2, '1m'],
    [1_500, '1500m'],
    [99_999_999, '99999999m'],
    [99_999_999.5, '100000S'],
    [100_000_000_000, '1666667M'],
    [6e12 + 1, '1666667H'],
    [Infinity, undefined],
    [Number.NaN, undefined],
    [1e30, undefined],
  ])('writes %d as %s', (ms, text) => {
    expect(formatGrpcTimeout(ms)).toBe(text);
  });

  it('W4: what it writes is never shorter than what is left, and has at most eight digits', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 3e14, noNaN: true }), (ms) => {
        const text = formatGrpcTimeout(ms) as string;
        expect(text).toMatch(/^\d{1,8}[mSMH]$/);
        const read = parseGrpcTimeout(text) as number;
        expect(read).toBeGreaterThanOrEqual(ms);
        expect(read - ms).toBeLessThanOrEqual(Math.max(1, ms / 10_000 + 1));
      }),
    );
  });
});
