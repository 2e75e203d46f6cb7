import { describe, expect, it } from 'vitest';
import { Spent } from '../../src/policies/rate-limiter/spent.js';
import { UpstreamQuota } from '../../src/policies/rate-limiter/upstream-quota.js';
import { TokenBucket } from '../../src/policies/token-bucket.js';

/** A quota of 12 for each 200 ms, of which a call has told at 0. */
function told(): UpstreamQuota {
  const quota = new UpstreamQuota(200);
  quota.learn({ limit: 12, remaining: 12, resetMs: 200 }, quota.take(0), 0);
  return quota;
}

describe('the quota of an upstream', () => {
  it('L6: a window gets nothing back that was taken from an earlier one', () => {
    const quota = told();
    const bucket = new TokenBucket(100, 1_000, 100);
    const early = new Spent(10, bucket, quota);
    expect(quota.waitFor(12, 0, 250)).toBe(0);
    early.settle(2, 250);
    expect(quota.report(250)?.remaining).toBe(12);
    quota.take(12);
    expect(quota.waitFor(1, 0, 251)).toBeGreaterThan(0);
  });

  it('L6: a call that took its share and never started makes no room behind it', () => {
    const quota = told();
    const bucket = new TokenBucket(100, 1_000, 100);
    const given = new Spent(10, bucket, quota);
    const next = new Spent(2, bucket, quota);
    given.giveBack();
    expect(quota.report(0)?.remaining).toBe(10);
    next.learn({ limit: 12, remaining: 10, resetMs: 150 }, 50);
    expect(quota.report(50)?.remaining).toBe(10);
  });

  it('L6: a window begins with the first call that has started, not with one that has not', () => {
    for (const end of ['giveBack', 'settle'] as const) {
      const quota = told();
      const bucket = new TokenBucket(100, 1_000, 100);
      expect(quota.waitFor(10, 0, 210)).toBe(0);
      const given = new Spent(10, bucket, quota);
      if (end === 'settle') given.settle(0, 210);
      else given.giveBack();
      expect(quota.waitFor(12, 0, 350)).toBe(0);
      quota.take(12);
      expect(quota.waitFor(1, 0, 410)).toBe(140);
    }
  });

  it('L6: whoever tells of a limit only does not say that nothing was used', () => {
    const quota = new UpstreamQuota(200);
    quota.learn({ limit: 12 }, quota.take(0), 0);
    expect(quota.waitFor(12, 0, 200)).toBe(0);
    const place = quota.take(12);
    quota.learn({ limit: 12 }, place, 210);
    expect(quota.waitFor(1, 0, 211)).toBe(199);
    quota.learn({ limit: 15 }, place, 212);
    expect(quota.waitFor(15, 0, 410)).toBe(0);
    quota.learn({ limit: 15, resetMs: 70 }, quota.take(13), 410);
    expect(quota.waitFor(2, 0, 410)).toBe(0);
    expect(quota.waitFor(3, 0, 410)).toBe(70);
  });

  it('L6: whoever waits until a window ends, to a nanosecond, uses the next one', () => {
    for (let i = 0; i < 2_000; i++) {
      const now = i * 0.123_456_789_1;
      const quota = new UpstreamQuota(200);
      quota.learn({ limit: 12, remaining: 0, resetMs: 33.3 }, quota.take(0), now);
      const asked = now + 7.654_321_987_6;
      const then = asked + quota.waitFor(12, 0, asked);
      expect(quota.waitFor(12, 0, then)).toBe(0);
      quota.take(12);
      expect(quota.waitFor(1, 0, then + 0.001)).toBeGreaterThan(100);
    }
  });
});
