import { describe, expect, it } from 'vitest';
import {
  type Measures,
  measure,
  resolveScenario,
  type Scenario,
} from '../../src/simulator/index.js';
import { summaryOf } from '../../src/simulator/summary.js';
import { SLICE_MS, type Slice } from '../../src/simulator/tally.js';
import { spellsOf } from '../../src/simulator/timeline.js';

/** A run of which each second had ten calls in each slice, and this share of them answered. */
function measured(
  document: Partial<Scenario>,
  shares: readonly number[],
  rest: {
    latencies?: readonly number[];
    starts?: readonly number[];
    requests?: number;
    workedMs?: number;
    wastedMs?: number;
  } = {},
): Measures {
  const arrivals = shares.length * 1_000;
  const scenario = resolveScenario({ name: 'by hand', arrivals, ...document });
  const perSecond = 1_000 / SLICE_MS;
  const slices = shares.flatMap((share) =>
    Array.from(
      { length: perSecond },
      (): Slice => ({ calls: 10, good: 10 * share, refused: 0, requests: 0 }),
    ),
  );
  const { latencies = [], starts = [], requests = 0, workedMs = 0, wastedMs = 0 } = rest;
  const upstream = { requests, workedMs, wastedMs, overQuota: 0, expired: 0 };
  const spells = spellsOf(scenario, () => 0.5);
  return measure({ scenario, spells, slices, samples: [], latencies, starts, upstream });
}

const times = (n: number, share: number): number[] => Array.from({ length: n }, () => share);
const trouble: Partial<Scenario> = {
  triggers: [{ kind: 'black_hole', at: '10s', lasts: '5s' }],
};

describe('the measures of a run', () => {
  it('are shares of the calls made before, during and after the trouble', () => {
    const shares = [...times(10, 0.8), ...times(5, 0.1), ...times(15, 0.4)];
    const { before, during, after } = measured(trouble, shares);
    expect(before).toBeCloseTo(0.8);
    expect(during).toBeCloseTo(0.1);
    expect(after).toBeCloseTo(0.4);
  });

  it('leave out the first 5 s, or half of what comes before the trouble where that is less', () => {
    expect(measured(trouble, [...times(5, 0), ...times(25, 1)]).before).toBe(1);
    const early: Partial<Scenario> = { triggers: [{ kind: 'black_hole', at: '4s', lasts: '5s' }] };
    expect(measured(early, [0, 0, ...times(28, 1)]).before).toBe(1);
    expect(measured(early, [1, 1, 0, ...times(27, 1)]).before).toBe(0.5);
  });

  it('count the seconds until goodput is at 95% of before, for 5 s', () => {
    const start = [...times(10, 0.9), ...times(5, 0)];
    const recovery = (after: readonly number[]): number =>
      measured(trouble, [...start, ...after]).recovery;
    expect(recovery(times(15, 0.9))).toBe(0);
    expect(recovery([0, 0, 0, ...times(12, 0.9)])).toBe(3);
    // 95% of 90% is 85.5%.
    expect(recovery([0, ...times(14, 0.86)])).toBe(1);
    expect(recovery(times(15, 0.85))).toBe(Infinity);
    // Four good seconds are not five, neither in between nor at the end.
    expect(recovery([...times(4, 0.9), 0, ...times(10, 0.9)])).toBe(5);
    expect(recovery([...times(11, 0), ...times(4, 0.9)])).toBe(Infinity);
    expect(recovery([...times(10, 0), ...times(5, 0.9)])).toBe(10);
  });

  it('count the seconds lost outside of the trouble, later dips included', () => {
    const shares = [...times(10, 1), ...times(5, 0), 0, 0.5, ...times(8, 1), 0, ...times(4, 1)];
    expect(measured(trouble, shares).lost).toBe(3);
    expect(measured(trouble, [...times(6, 1), 0, ...times(23, 1)]).lost).toBe(1);
  });

  it('say NaN for what there is none of', () => {
    const steady = measured({ errors: 0.1 }, [...times(10, 1), ...times(10, 0.86)]);
    expect(steady.before).toBeCloseTo((5 + 10 * 0.86) / 15);
    expect([steady.during, steady.after, steady.recovery]).toEqual([NaN, NaN, NaN]);
    // Held to what can be had: 95% of 90%.
    expect(steady.lost).toBe(0);
    expect([steady.p50, steady.p99]).toEqual([NaN, NaN]);
  });

  it('hold a run that begins with trouble to the best that can be had', () => {
    const early: Partial<Scenario> = { triggers: [{ kind: 'black_hole', at: 0, lasts: '5s' }] };
    const { before, recovery } = measured(early, [...times(7, 0), ...times(13, 1)]);
    expect([before, recovery]).toEqual([NaN, 2]);
  });

  it('count from the start of a trouble that lasts for good', () => {
    const deploy: Partial<Scenario> = { triggers: [{ kind: 'slowdown', at: '10s' }] };
    const { during, after, recovery } = measured(deploy, [...times(10, 1), 0, 0, ...times(8, 1)]);
    expect(during).toBeNaN();
    expect(after).toBeCloseTo(0.8);
    expect(recovery).toBe(2);
  });

  it('have amplification, waste and quantiles', () => {
    const latencies = Array.from({ length: 200 }, (_, i) => 200 - i);
    const rest = { latencies, requests: 4_500, workedMs: 400, wastedMs: 100 };
    const { amplification, wasted, p50, p99 } = measured({}, times(30, 1), rest);
    expect({ amplification, wasted, p50, p99 }).toEqual({
      amplification: 1.5,
      wasted: 0.25,
      p50: 101,
      p99: 199,
    });
  });

  it('are summed up as means, of the runs that have them; one that never recovers counts', () => {
    const ok = measured(trouble, [...times(15, 1), 0, 0, ...times(13, 1)]);
    const never = measured(trouble, [...times(15, 1), ...times(15, 0)]);
    expect(summaryOf([ok, ok]).recovery).toBe(2);
    expect(summaryOf([ok, never]).recovery).toBe(Infinity);
    expect(summaryOf([ok, never]).after).toBeCloseTo(13 / 15 / 2);
    expect(
      summaryOf([
        { ...ok, p50: 10 },
        { ...never, p50: NaN },
      ]).p50,
    ).toBe(10);
    expect(summaryOf([never]).p50).toBeNaN();
  });
});
