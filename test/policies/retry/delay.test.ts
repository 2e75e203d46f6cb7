import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exponential } from '../../../src/policies/retry/delay.js';
import { askedDelay, exponentialDelay } from '../../../src/policies/retry/delay.js';

const chance = fc.oneof(
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  fc.constantFrom(0, Number.MIN_VALUE, 0.5, 1 - Number.EPSILON / 2),
);
const ms = fc.oneof(
  fc.double({ min: 0, max: 1e9, noNaN: true }),
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, Number.MIN_VALUE, 1, 100, 2 ** 31, Number.MAX_VALUE),
);
const shape: fc.Arbitrary<Exponential> = fc
  .record({
    a: ms,
    b: ms,
    factor: fc.oneof(
      fc.double({ min: 1, max: 10, noNaN: true }),
      fc.double({ min: 1, noNaN: true, noDefaultInfinity: true }),
    ),
    jitter: fc.constantFrom('full' as const, 'equal' as const, 'none' as const),
  })
  .map(({ a, b, factor, jitter }) => ({
    initialDelayMs: Math.min(a, b),
    maxDelayMs: Math.max(a, b),
    factor,
    jitter,
  }));
const retry = fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.constantFrom(1, 1024, 1026, 10_000));

describe('exponentialDelay', () => {
  const plain = { initialDelayMs: 100, factor: 2, maxDelayMs: 20_000, jitter: 'none' } as const;

  it('R3: grows by the factor up to the cap', () => {
    const delays = [1, 2, 3, 8, 9, 10, 2000].map((n) => exponentialDelay(plain, n, 0));
    expect(delays).toEqual([100, 200, 400, 12_800, 20_000, 20_000, 20_000]);
  });

  it('R3: full jitter takes anything up to the delay, equal the upper half, none nothing', () => {
    for (const n of [1, 5, 20]) {
      const whole = exponentialDelay(plain, n, 0.25);
      expect(exponentialDelay({ ...plain, jitter: 'full' }, n, 0.25)).toBe(whole / 4);
      expect(exponentialDelay({ ...plain, jitter: 'equal' }, n, 0.25)).toBe((whole * 5) / 8);
    }
  });

  it('R3: never NaN, negative or above the cap, at any attempt to 10,000, with any options', () => {
    fc.assert(
      fc.property(shape, retry, chance, (options, n, luck) => {
        const delayMs = exponentialDelay(options, n, luck);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(options.maxDelayMs);
      }),
      { numRuns: 20_000 },
    );
  });

  it('R3: before jitter it never shrinks from one retry to the next', () => {
    fc.assert(
      fc.property(shape, retry, (options, n) => {
        const still = { ...options, jitter: 'none' } as const;
        const [one, next] = [exponentialDelay(still, n, 0), exponentialDelay(still, n + 1, 0)];
        expect(next).toBeGreaterThanOrEqual(one);
      }),
      { numRuns: 5_000 },
    );
  });

  it('R3: every attempt from 1 to 10,000 of the default backoff', () => {
    for (let n = 1; n <= 10_000; n++) {
      const delayMs = exponentialDelay({ ...plain, jitter: 'full' }, n, 0.999_999);
      if (!(delayMs >= 0 && delayMs <= 20_000)) expect([n, delayMs]).toBe('within the cap');
    }
  });
});

describe('askedDelay', () => {
  it('R4: is what was asked for and up to a fifth more', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 30_000, noNaN: true }), chance, (asked, luck) => {
        const delayMs = askedDelay(asked, 30_000, luck);
        expect(delayMs).toBeGreaterThanOrEqual(asked);
        expect(delayMs).toBeLessThanOrEqual(asked * 1.2);
      }),
    );
    expect(askedDelay(1000, 1000, 0)).toBe(1000);
    expect(askedDelay(1000, 1000, 0.5)).toBe(1100);
  });

  it('R4: is nothing when more was asked for than is waited for', () => {
    expect(askedDelay(1000.1, 1000, 0)).toBeUndefined();
    expect(askedDelay(Number.POSITIVE_INFINITY, Number.MAX_VALUE, 0)).toBeUndefined();
    expect(askedDelay(1, 0, 0)).toBeUndefined();
    expect(askedDelay(0, 0, 0.9)).toBe(0);
  });
});
