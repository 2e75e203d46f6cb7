import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Health, TripRule } from '../../../src/policies/circuit-breaker/trip-rule.js';
import { tripReason } from '../../../src/policies/circuit-breaker/trip-rule.js';

const RULE: TripRule = {
  failureRate: 0.5,
  slowCallRate: 0.8,
  minimumCalls: 20,
  consecutiveFailures: 5,
  failingForMs: 1_000,
};

/** By default, failures have come for just long enough. */
const health = (
  total: number,
  failures: number,
  slow = 0,
  consecutiveFailures = 0,
  failuresLastedMs = 1_000,
  runLastedMs = 1_000,
): Health => ({ total, failures, slow, failuresLastedMs, consecutiveFailures, runLastedMs });

describe('tripReason', () => {
  it.each([
    ['a rate at its threshold', health(20, 10), 'failure_rate'],
    ['a rate below it', health(20, 9), undefined],
    ['too few calls for the rate', health(19, 19), undefined],
    ['slow calls at their threshold', health(20, 0, 16), 'slow_call_rate'],
    ['slow calls below it', health(20, 0, 15), undefined],
    ['too few calls for the slow rate', health(19, 0, 19), undefined],
    ['both rates: failures are named', health(20, 20, 20), 'failure_rate'],
    ['failures in a row where calls are few', health(5, 5, 0, 5), 'consecutive_failures'],
    ['one failure less in a row', health(4, 4, 0, 4), undefined],
    ['failures in a row from before the window', health(1, 1, 0, 5), 'consecutive_failures'],
    ['failures in a row where the rate counts', health(20, 9, 0, 9), undefined],
    ['an empty window', health(0, 0), undefined],
    ['a run that is too short', health(5, 5, 0, 5, 1_000, 999), undefined],
    ['a run that began before the window', health(5, 5, 0, 5, 0, 1_000), 'consecutive_failures'],
    ['a rate that failures have made too quickly', health(20, 20, 0, 20, 999, 1_000), undefined],
    ['a rate of failures with a short run', health(20, 10, 0, 1, 1_000, 0), 'failure_rate'],
    ['slow calls that came at once', health(20, 20, 20, 20, 0, 0), 'slow_call_rate'],
  ] as const)('B2: %s', (_what, known, reason) => {
    expect(tripReason(known, RULE)).toBe(reason);
  });

  it('B2: a rule that is off never opens', () => {
    const rule = { ...RULE, failureRate: undefined, slowCallRate: undefined };
    expect(tripReason(health(20, 20, 20, 20), rule)).toBeUndefined();
    expect(tripReason(health(5, 5, 5, 5), { ...rule, consecutiveFailures: undefined })).toBe(
      undefined,
    );
  });

  it('B2: any rule suffices, rates count from minimumCalls on, and failures in a row below it only', () => {
    const share = fc.option(fc.double({ min: 0.01, max: 1, noNaN: true }), { nil: undefined });
    const arbitrary = fc.record({
      total: fc.nat(50),
      failures: fc.nat(50),
      slow: fc.nat(50),
      consecutiveFailures: fc.nat(60),
      failureRate: share,
      slowCallRate: share,
      minimumCalls: fc.integer({ min: 1, max: 50 }),
      enough: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
      failuresLastedMs: fc.nat(4),
      runLastedMs: fc.nat(4),
      failingForMs: fc.nat(4),
    });
    fc.assert(
      fc.property(arbitrary, ({ enough, ...all }) => {
        const { total, failures, slow } = all;
        fc.pre(failures <= total && slow <= total);
        const reason = tripReason(all, { ...all, consecutiveFailures: enough });
        const counts = total >= all.minimumCalls;
        const reached = (n: number, rate: number | undefined) =>
          counts && rate !== undefined && n / total >= rate;
        const inRow = !counts && enough !== undefined && all.consecutiveFailures >= enough;
        expect(reason !== undefined).toBe(
          (reached(failures, all.failureRate) && all.failuresLastedMs >= all.failingForMs) ||
            reached(slow, all.slowCallRate) ||
            (inRow && all.runLastedMs >= all.failingForMs),
        );
      }),
    );
  });

  it('B2: a share written as a decimal is reached by the counts that make it', () => {
    for (let percent = 1; percent <= 100; percent++) {
      const rule = { ...RULE, failureRate: percent / 100, minimumCalls: 100 };
      expect(tripReason(health(100, percent), rule)).toBe('failure_rate');
      expect(tripReason(health(100, percent - 1), rule)).toBeUndefined();
    }
  });
});
