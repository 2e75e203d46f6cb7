import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Counts } from '../../../src/policies/ejection/outliers.js';
import {
  evidence,
  isRunOutlier,
  mostEjected,
  rateOutliers,
} from '../../../src/policies/ejection/outliers.js';

const RULE = { deviations: 1.9, minimumHosts: 5, minimumCalls: 100 };

const of = (calls: number, failures: number): Counts => ({ calls, failures });
const fleet = (hosts: number, each: Counts, ...others: Counts[]): Counts[] => [
  ...new Array<Counts>(hosts).fill(each),
  ...others,
];

/** Repeatable random numbers. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

describe('hosts whose failure rate stands out', () => {
  it('E1: finds the one that fails while the others do not', () => {
    expect(rateOutliers(fleet(7, of(200, 2), of(200, 100)), RULE)).toEqual([7]);
    expect(rateOutliers([of(100, 100), ...fleet(4, of(100, 0))], RULE)).toEqual([0]);
  });

  it('E1: a host is out only below the mean less so many deviations', () => {
    const hosts = fleet(7, of(1000, 0), of(1000, 300), of(1000, 200));
    // Mean 1/18, deviation 0.108: 1.9 of them reach to 0.26.
    expect(rateOutliers(hosts, RULE)).toEqual([7]);
    expect(rateOutliers(hosts, { ...RULE, deviations: 1 })).toEqual([7, 8]);
    expect(rateOutliers(hosts, { ...RULE, deviations: 3 })).toEqual([]);
  });

  it('E1: needs so many hosts with so many calls', () => {
    expect(rateOutliers(fleet(4, of(100, 0), of(100, 90)), RULE)).toEqual([4]);
    expect(rateOutliers(fleet(3, of(100, 0), of(100, 90)), RULE)).toEqual([]);
    expect(rateOutliers(fleet(4, of(100, 0), of(99, 90)), RULE)).toEqual([]);
    expect(rateOutliers(fleet(3, of(100, 0), of(99, 0), of(100, 90)), RULE)).toEqual([]);
    expect(rateOutliers([], RULE)).toEqual([]);
    // Also where one of so few is beyond the deviations.
    const lax = { ...RULE, deviations: 1 };
    expect(rateOutliers(fleet(4, of(100, 0), of(100, 90)), lax)).toEqual([4]);
    expect(rateOutliers(fleet(3, of(100, 0), of(100, 90)), lax)).toEqual([]);
  });

  it('E1: names the worst first, wherever it is in the list', () => {
    const lax = { ...RULE, deviations: 1 };
    const [bad, worse] = [of(1000, 200), of(1000, 300)];
    expect(rateOutliers(fleet(7, of(1000, 0), bad, worse), lax)).toEqual([8, 7]);
    expect(rateOutliers(fleet(7, of(1000, 0), worse, bad), lax)).toEqual([7, 8]);
  });

  it('E1: leaves a host that is worse by less than five points, however many calls show it', () => {
    expect(rateOutliers(fleet(7, of(100_000, 0), of(100_000, 5_000)), RULE)).toEqual([]);
    expect(rateOutliers(fleet(7, of(100_000, 0), of(100_000, 8_000)), RULE)).toEqual([7]);
    // Five points above the mean of the two, and one call more.
    const two = { deviations: 0, minimumHosts: 2, minimumCalls: 100 };
    expect(rateOutliers([of(100_000, 0), of(100_000, 10_000)], two)).toEqual([]);
    expect(rateOutliers([of(100_000, 0), of(100_000, 10_001)], two)).toEqual([1]);
  });

  it('E1: leaves a host that may have been unlucky', () => {
    // The last one is far beyond 1.9 deviations. With as many calls, one of eight equal hosts is that bad every few minutes.
    expect(rateOutliers(fleet(7, of(100, 1), of(100, 8)), RULE)).toEqual([]);
    expect(rateOutliers(fleet(7, of(100, 1), of(100, 20)), RULE)).toEqual([7]);
  });

  it('E1: names the worst first, and only hosts with enough calls', () => {
    const some = fc.record({
      calls: fc.integer({ min: 0, max: 5_000 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 30, size: 'max' }), (given) => {
        const hosts = given.map(({ calls, share }) => of(calls, Math.round(calls * share)));
        const found = rateOutliers(hosts, RULE);
        const rates = found.map((i) => (hosts[i] as Counts).failures / (hosts[i] as Counts).calls);
        expect([...rates].sort((a, b) => b - a)).toEqual(rates);
        expect(new Set(found).size).toBe(found.length);
        const enough = hosts.filter(({ calls }) => calls >= RULE.minimumCalls);
        if (found.length > 0) expect(enough.length).toBeGreaterThanOrEqual(RULE.minimumHosts);
        const mean =
          enough.reduce((sum, { calls, failures }) => sum + failures / calls, 0) / enough.length;
        for (const i of found) {
          const { calls, failures } = hosts[i] as Counts;
          expect(calls).toBeGreaterThanOrEqual(RULE.minimumCalls);
          expect(failures / calls).toBeGreaterThan(mean + 0.05);
        }
        // No more than this can be below the mean less 1.9 deviations (Cantelli).
        expect(found.length).toBeLessThanOrEqual(enough.length / (1 + RULE.deviations ** 2));
      }),
    );
  });

  it('E2: equal hosts are not ejected by chance', () => {
    const chance = chanceOf(7);
    let compared = 0;
    let byDeviationsAlone = 0;
    for (const hosts of [5, 8, 20]) {
      for (const share of [0.001, 0.01, 0.05, 0.2, 0.5, 0.9]) {
        for (let round = 0; round < 200; round++) {
          const counts = Array.from({ length: hosts }, () => {
            let failures = 0;
            for (let i = 0; i < 120; i++) if (chance() < share) failures++;
            return of(120, failures);
          });
          compared++;
          expect(rateOutliers(counts, RULE)).toEqual([]);
          const rates = counts.map(({ failures }) => failures / 120);
          const mean = rates.reduce((sum, each) => sum + each, 0) / hosts;
          const deviation = Math.sqrt(
            rates.reduce((sum, each) => sum + (each - mean) ** 2, 0) / hosts,
          );
          if (rates.some((each) => each > mean + 1.9 * deviation)) byDeviationsAlone++;
        }
      }
    }
    // The rule of deviations alone would eject in every third comparison.
    expect(byDeviationsAlone / compared).toBeGreaterThan(0.2);
  });
});

describe('runs of failures', () => {
  it('E3: so many in a row are a run while the others are well', () => {
    expect(isRunOutlier(5, 5, of(700, 0))).toBe(true);
    expect(isRunOutlier(5, 5, of(700, 30))).toBe(true);
    expect(isRunOutlier(4, 5, of(700, 0))).toBe(false);
    expect(isRunOutlier(6, 7, of(700, 0))).toBe(false);
  });

  it('E3: while the others fail as well, no host is to blame', () => {
    expect(isRunOutlier(5, 5, of(700, 350))).toBe(false);
    expect(isRunOutlier(20, 5, of(700, 350))).toBe(false);
    expect(isRunOutlier(21, 5, of(700, 350))).toBe(true);
    expect(isRunOutlier(10_000, 5, of(70_000, 70_000))).toBe(false);
    // Nobody knows how the others are.
    expect(isRunOutlier(1_000, 5, of(0, 0))).toBe(false);
  });

  it('E3: few calls of the others prove little', () => {
    // One failure of 16 is assumed, then one of 17.
    expect(isRunOutlier(5, 5, of(14, 0))).toBe(false);
    expect(isRunOutlier(5, 5, of(15, 0))).toBe(true);
  });

  it('E3: the more the others fail, the longer a run has to be', () => {
    const failing = fc.integer({ min: 0, max: 1_000 });
    fc.assert(
      fc.property(failing, failing, fc.integer({ min: 0, max: 200 }), (a, b, run) => {
        const [few, many] = a < b ? [a, b] : [b, a];
        if (isRunOutlier(run, 5, of(1_000, many))) {
          expect(isRunOutlier(run, 5, of(1_000, few))).toBe(true);
          expect(isRunOutlier(run + 1, 5, of(1_000, many))).toBe(true);
        }
      }),
    );
  });
});

describe('how little chance explains', () => {
  it('bounds the probability of as many failures or more', () => {
    /** P(at least `failures` of `calls`), exactly. */
    const tail = (calls: number, failures: number, usual: number): number => {
      let each = (1 - usual) ** calls;
      let sum = 0;
      for (let k = 0; k <= calls; k++) {
        if (k >= failures) sum += each;
        each *= ((calls - k) / (k + 1)) * (usual / (1 - usual));
      }
      return sum;
    };
    for (const usual of [0.01, 0.1, 0.5]) {
      for (let failures = 0; failures <= 100; failures++) {
        const bound = Math.exp(-evidence(of(100, failures), usual));
        expect(bound).toBeLessThanOrEqual(1);
        const exact = tail(100, failures, usual) * (1 - 1e-9);
        if (failures / 100 > usual) expect(bound).toBeGreaterThanOrEqual(exact);
        else expect(bound).toBe(1);
      }
    }
  });

  it('is nothing where as many fail as expected, even none', () => {
    expect(evidence(of(100, 0), 0)).toBe(0);
    expect(evidence(of(100, 50), 0.5)).toBe(0);
  });
});

describe('how many may be ejected', () => {
  it('E4: no more than a share of the hosts, but one in any case, and never the last', () => {
    expect([1, 2, 5, 8, 10, 19, 20, 100].map((hosts) => mostEjected(hosts, 0.1))).toEqual([
      0, 1, 1, 1, 1, 1, 2, 10,
    ]);
    expect(mostEjected(10, 1)).toBe(9);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (hosts, share) => {
          const most = mostEjected(hosts, share);
          expect(most).toBeLessThanOrEqual(Math.max(1, hosts * share));
          expect(most).toBeLessThan(hosts);
          if (hosts > 1) expect(most).toBeGreaterThanOrEqual(1);
        },
      ),
    );
  });
});
