import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamQuota } from '../../../src/policies/rate-limiter/upstream-quota.js';

/** A quota of which one call has told. */
function told(report: object, now = 0): UpstreamQuota {
  const quota = new UpstreamQuota(1_000);
  quota.learn(report, quota.take(0), now);
  return quota;
}

describe('the quota of an upstream', () => {
  it('L6: nothing is known at first, and nothing is bounded', () => {
    const quota = new UpstreamQuota(1_000);
    quota.take(1e9);
    expect(quota.waitFor(1e9, 1e9, 0)).toBe(0);
    expect(quota.report(0)).toBeUndefined();
    expect(quota.most(0)).toBe(Infinity);
  });

  it('L6: what was told holds until the reset; then the whole limit is there', () => {
    const quota = told({ limit: 100, remaining: 30, resetMs: 500 });
    expect(quota.waitFor(30, 0, 0)).toBe(0);
    expect(quota.waitFor(31, 0, 0)).toBe(500);
    expect(quota.waitFor(20, 11, 200)).toBe(300);
    // Two windows later: 131 of what is wanted finds no place in the next one.
    expect(quota.waitFor(100, 31, 0)).toBe(1_500);
    expect(quota.most(499)).toBe(100);
    quota.take(30);
    expect(quota.waitFor(1, 0, 499)).toBe(1);
    expect(quota.waitFor(100, 0, 500)).toBe(0);
    // Nobody has told of this window. Something larger than the limit gets all of it.
    expect(quota.most(500)).toBe(Infinity);
    expect(quota.waitFor(150, 0, 500)).toBe(0);
  });

  it('L6: without a limit, nothing is known after the reset', () => {
    const quota = told({ remaining: 0 });
    expect(quota.waitFor(1, 0, 999)).toBe(1);
    expect(quota.waitFor(1e6, 0, 1_000)).toBe(0);
    expect(quota.report(1_000)).toBeUndefined();
  });

  it('L6: what started after a call is not counted in its answer, what started before is', () => {
    const quota = new UpstreamQuota(1_000);
    const first = quota.take(10);
    const second = quota.take(20);
    quota.take(5);
    quota.learn({ limit: 100, remaining: 70, resetMs: 500 }, second, 0);
    expect(quota.report(0)?.remaining).toBe(65);
    // Older news of the same window.
    quota.learn({ limit: 100, remaining: 90, resetMs: 500 }, first, 1);
    expect(quota.report(1)?.remaining).toBe(65);
    quota.correct(10, second);
    expect(quota.report(1)?.remaining).toBe(65);
    quota.correct(10, second + 5);
    expect(quota.report(1)?.remaining).toBe(55);
  });

  it('L6: what an earlier window had too little of is owed by the next one, and nothing comes back to that', () => {
    const quota = told({ limit: 10, remaining: 10, resetMs: 500 });
    const place = quota.take(3);
    expect(quota.report(600)?.remaining).toBe(10);
    quota.correct(-2, place);
    expect(quota.report(600)?.remaining).toBe(10);
    quota.correct(4, place);
    expect(quota.report(600)?.remaining).toBe(6);
  });

  it('L6: one that refills comes back evenly', () => {
    const quota = told({ limit: 100, remaining: 20, resetMs: 800, refills: true });
    expect(quota.waitFor(50, 0, 0)).toBe(300);
    expect(quota.waitFor(50, 0, 299)).toBe(1);
    expect(quota.waitFor(50, 0, 300)).toBe(0);
    quota.take(50);
    expect(quota.waitFor(10, 0, 300)).toBe(100);
    expect(quota.waitFor(100, 0, 5_000)).toBe(0);
    expect(quota.waitFor(101, 0, 5_000)).toBe(0);
  });

  it('L6: what is owed is not waited for beyond the reset', () => {
    const quota = told({ limit: 10, remaining: 5, resetMs: 500 });
    quota.take(30);
    expect(quota.waitFor(1, 0, 0)).toBe(500);
    expect(quota.waitFor(1, 10, 0)).toBe(1_500);
    expect(quota.waitFor(1, 0, 500)).toBe(0);
  });

  it('L6: a reading of the past brings nothing twice, and a clock that goes back puts nothing off', () => {
    const refilling = told({ limit: 100, remaining: 0, resetMs: 1_000, refills: true });
    expect(refilling.report(500)?.remaining).toBe(50);
    expect(refilling.report(490)?.remaining).toBe(50);
    expect(refilling.report(500)?.remaining).toBe(50);
    for (const refills of [false, true]) {
      const quota = told({ limit: 10, remaining: 0, resetMs: 500, refills }, 1e6);
      expect(quota.waitFor(10, 0, 1e6 - 86_400_000)).toBe(500);
      expect(quota.waitFor(10, 0, 1e6 - 86_400_000 + 500)).toBe(0);
    }
  });

  it.each([
    [{}],
    [{ remaining: Number.NaN }],
    [{ remaining: '0' }],
    [{ limit: 0 }],
    [{ limit: -5 }],
    [{ limit: Infinity }],
    [{ limit: 10, remaining: 11 }],
    [{ limit: 10, remaining: 0, resetMs: 0 }],
    [{ limit: 10, remaining: 0, resetMs: -1 }],
    [{ limit: 10, remaining: 0, resetMs: Number.NaN }],
    [{ limit: 10, remaining: 0, resetMs: 365 * 86_400_000 }],
  ])('L6: %j cannot be true, and changes nothing', (report) => {
    expect(told(report).report(0)).toBeUndefined();
    const quota = told({ limit: 100, remaining: 30, resetMs: 500 });
    quota.learn(report as object, quota.take(0), 100);
    expect(quota.report(100)).toEqual({ limit: 100, remaining: 30, resetMs: 400 });
  });

  it('L6: less than nothing is nothing', () => {
    expect(told({ limit: 10, remaining: -3, resetMs: 50 }).report(0)).toMatchObject({
      remaining: 0,
    });
  });

  it('L6: whatever answers say, what is left is never more than they leave, and nobody waits for ever', () => {
    const number = fc.oneof(
      fc.nat({ max: 20 }),
      fc.constantFrom(Number.NaN, -1, Infinity, 1e300, 0.5),
      fc.double(),
    );
    const report = fc.record(
      {
        limit: number,
        remaining: number,
        resetMs: number,
        windowMs: number,
        refills: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 500 }), fc.nat({ max: 5 }), report), {
          maxLength: 30,
          size: 'max',
        }),
        (steps) => {
          const quota = new UpstreamQuota(1_000);
          let now = 0;
          for (const [afterMs, cost, told] of steps) {
            now += afterMs;
            quota.learn(told, quota.take(cost), now);
            const left = quota.report(now)?.remaining ?? Infinity;
            if (told.remaining !== undefined && quota.report(now)?.limit === told.limit) {
              expect(left).toBeGreaterThanOrEqual(0);
            }
            if (left >= 1e-3 && left < Infinity) expect(quota.waitFor(left, 0, now)).toBe(0);
            const waitMs = quota.waitFor(1, 0, now);
            expect(waitMs).toBeGreaterThanOrEqual(0);
            expect(waitMs).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
          }
          for (let i = 0; i < 3; i++) now += quota.waitFor(1, 0, now);
          expect(quota.waitFor(1, 0, now)).toBeLessThan(1e-3);
        },
      ),
      { numRuns: 500 },
    );
  });
});
