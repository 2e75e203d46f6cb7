import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arm, arms, QuotaError, type Scenario, simulate } from '../../src/simulator/index.js';
import { QuotaBucket } from '../../src/simulator/quota.js';

const bucket = (limit: number, per: number, counts: 'calls' | 'cost' = 'cost'): QuotaBucket =>
  new QuotaBucket({ limit, per, counts, shared: true });

describe('a quota', () => {
  it('is full at first, fills evenly, and says what is left', () => {
    const quota = bucket(100, 1_000);
    expect(quota.take(70, 0)).toBeUndefined();
    expect(quota.read(0)).toEqual({ limit: 100, remaining: 30, reset: 700 });
    const error = quota.take(50, 100);
    expect(error).toBeInstanceOf(QuotaError);
    expect(error).toMatchObject({ status: 429, quota: { limit: 100, remaining: 40, reset: 600 } });
    expect(error?.retryAfter).toBeCloseTo(100);
    expect(quota.take(50, 200.001)).toBeUndefined();
    expect(quota.read(5_000)).toEqual({ limit: 100, remaining: 100, reset: 0 });
  });

  it('takes one for each call where it counts calls', () => {
    const quota = bucket(3, 1_000, 'calls');
    expect([1, 2, 3].map(() => quota.take(1_000, 0))).toEqual([undefined, undefined, undefined]);
    expect(quota.take(0.1, 0)?.retryAfter).toBeCloseTo(1_000 / 3);
  });

  it('says of what costs more than the limit that there will never be enough', () => {
    expect(bucket(100, 1_000).take(101, 0)?.retryAfter).toBe(Infinity);
  });

  it('S8: lets in no more than its limit and what came since, in any stretch of time', () => {
    const requests = fc.array(
      fc.record({
        cost: fc.integer({ min: 1, max: 150 }),
        gap: fc.double({ min: 0, max: 400, noNaN: true }),
      }),
      { minLength: 1, maxLength: 60, size: 'max' },
    );
    fc.assert(
      fc.property(requests, (all) => {
        const quota = bucket(100, 1_000);
        let now = 0;
        const taken: { at: number; cost: number }[] = [];
        for (const { cost, gap } of all) {
          now += gap;
          const error = quota.take(cost, now);
          if (error === undefined) {
            taken.push({ at: now, cost });
            continue;
          }
          expect(error.retryAfter).toBeGreaterThan(0);
          // What it says is exact: a moment earlier there is too little.
          if (error.retryAfter === Infinity) expect(cost).toBeGreaterThan(100);
          else expect(error.retryAfter).toBeLessThanOrEqual(cost * 10 + 1e-3);
        }
        for (const [i, first] of taken.entries()) {
          let sum = 0;
          for (const each of taken.slice(i)) {
            sum += each.cost;
            expect(sum).toBeLessThanOrEqual(100 + (each.at - first.at) / 10 + 1e-3);
          }
        }
      }),
    );
  });

  it('S8: says exactly when there will be enough', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 100 }),
        (first, second) => {
          const wait = (): [QuotaBucket, number] => {
            const quota = bucket(100, 1_000);
            quota.take(first, 0);
            return [quota, quota.take(second, 0)?.retryAfter ?? 0];
          };
          const [quota, ms] = wait();
          if (ms === 0) return;
          expect(quota.take(second, ms + 1e-3)).toBeUndefined();
          expect(wait()[0].take(second, ms - 1)).toBeInstanceOf(QuotaError);
        },
      ),
    );
  });
});

describe('a scenario with a quota', () => {
  const scenario: Scenario = {
    name: 'quota',
    clients: 4,
    arrivals: '10s',
    cost: { mean: 100 },
    quota: { limit: 5_000, counts: 'cost' },
  };

  it('S8: answers what is above it with a QuotaError, without work, and counts it apart', async () => {
    const heard: { cost: number; error: unknown }[] = [];
    const watching: Arm = () => ({
      execute: async (operation, { signal, cost }) => {
        try {
          const answer = await operation({ signal });
          expect(answer).toEqual({ cost, quota: expect.objectContaining({ limit: 5_000 }) });
          heard.push({ cost: cost as number, error: undefined });
          return answer;
        } catch (error) {
          heard.push({ cost: cost as number, error });
          throw error;
        }
      },
    });
    const report = await simulate({ scenario, arms: { watching }, seeds: [1] });
    const { summary } = report.arms['watching'] ?? {};
    const refused = heard.filter(({ error }) => error instanceof QuotaError);
    // The load of 150 calls a second costs three times what is let in.
    expect(summary?.overQuota).toBeCloseTo(refused.length / heard.length, 2);
    expect(summary?.overQuota).toBeGreaterThan(0.3);
    const good = heard.filter(({ error }) => error === undefined);
    const spent = good.reduce((sum, { cost }) => sum + cost, 0);
    expect(spent).toBeLessThanOrEqual(5_000 * 11.1);
    expect(spent).toBeGreaterThan(5_000 * 9);
    expect(good.every(({ cost }) => Number.isInteger(cost) && cost >= 1)).toBe(true);
  });

  it('is one for all clients, or each has its own', async () => {
    const share = async (shared: boolean): Promise<number> => {
      const document = { ...scenario, quota: { limit: 50, shared } };
      const { arms: found } = await simulate({
        scenario: document,
        arms: { none: arms.none },
        seeds: [1],
      });
      return found['none']?.summary.overQuota ?? Number.NaN;
    };
    // 150 calls a second from four clients.
    expect(await share(true)).toBeGreaterThan(0.5);
    expect(await share(false)).toBeLessThan(0.1);
  });

  it('says nothing of a quota where there is none', async () => {
    const { arms: found } = await simulate({
      scenario: { name: 'x', clients: 2, arrivals: '2s' },
      arms: { none: arms.none },
      seeds: [1],
    });
    expect(found['none']?.summary).not.toHaveProperty('overQuota');
    expect(found['none']?.runs[0]).not.toHaveProperty('priorities');
  });
});
