import type { IBreaker } from 'cockatiel';
import { describe, expect, it } from 'vitest';
import { judgeOf } from '../../../src/policies/circuit-breaker/choose-judge.js';
import { CockatielJudge } from '../../../src/policies/circuit-breaker/cockatiel-judge.js';
import type { Judge } from '../../../src/policies/circuit-breaker/judge.js';
import type { CircuitBreakerOptions } from '../../../src/policies/circuit-breaker/options.js';
import { resolveCircuitBreaker } from '../../../src/policies/circuit-breaker/options.js';

const judge = (options: CircuitBreakerOptions = {}) =>
  judgeOf(resolveCircuitBreaker(options), undefined);

/** The run of failures: how many, since when, and how long. */
const run = ({ health, failingSince }: Judge) => [
  health.consecutiveFailures,
  failingSince,
  health.runLastedMs,
];

describe('RuleJudge', () => {
  it('B2: names the rule that opens', () => {
    const rates = judge({ minimumCalls: 2, failingFor: 0 });
    expect(rates.record(0, true, false)).toBeUndefined();
    expect(rates.record(0, true, false)).toBe('failure_rate');
    const quiet = judge({ consecutiveFailures: 5, failingFor: 0 });
    for (let i = 0; i < 4; i++) expect(quiet.record(0, true, false)).toBeUndefined();
    expect(quiet.record(0, true, false)).toBe('consecutive_failures');
    const slow = judge({ minimumCalls: 2, slowCallRate: 1, slowCallDuration: 10 });
    expect(slow.record(0, false, true)).toBeUndefined();
    expect(slow.record(0, false, true)).toBe('slow_call_rate');
  });

  it('B2: a success ends a run of failures', () => {
    const quiet = judge({ failureRate: false, consecutiveFailures: 5, minimumCalls: 20 });
    for (let i = 0; i < 40; i++) {
      expect(quiet.record(i, i % 5 !== 0, false)).toBeUndefined();
    }
    expect(quiet.health.consecutiveFailures).toBe(4);
  });

  it('B2: a failure that is no step neither begins, goes on with nor ends a run; one of the same step begins it', () => {
    const none = judge({ failingFor: 0 });
    none.record(0, true, false, 'none');
    expect(run(none)).toEqual([0, undefined, 0]);
    none.record(10, true, false, 'same');
    expect(run(none)).toEqual([1, 10, 0]);
    none.record(20, true, false, 'none');
    expect(run(none)).toEqual([1, 10, 0]);
    none.record(30, true, false, 'same');
    expect(run(none)).toEqual([1, 10, 20]);
    none.record(40, true, false, 'next');
    expect(run(none)).toEqual([2, 10, 30]);
  });

  it('X7: a success that is one no more joins the runs that it lay between', () => {
    const one = judge({ failingFor: 0 });
    for (const at of [0, 10]) one.record(at, true, false);
    one.record(20, false, false);
    one.record(30, true, false);
    expect(run(one)).toEqual([1, 30, 0]);
    one.failLate(40, 'next');
    expect(run(one)).toEqual([4, 0, 40]);
    expect(one.health).toMatchObject({ total: 4, failures: 4, slow: 0 });
    const two = judge({ failingFor: 0 });
    two.record(0, true, false);
    for (const at of [10, 20]) two.record(at, false, false);
    two.record(30, true, false);
    two.failLate(40, 'next');
    expect(run(two)).toEqual([2, 30, 10]);
    two.failLate(50, 'next');
    expect(run(two)).toEqual([4, 0, 50]);
    two.failLate(60, 'next');
    expect(run(two)).toEqual([5, 0, 60]);
  });

  it('X7: where there was none before it, the run begins when it began', () => {
    const first = judge({ failingFor: 0 });
    first.record(0, false, false);
    first.record(10, true, false);
    first.failLate(20, 'next');
    expect(run(first)).toEqual([2, 10, 10]);
    const empty = judge({ failingFor: 0 });
    empty.failLate(5, 'next');
    expect(run(empty)).toEqual([1, 5, 0]);
    expect(empty.health).toMatchObject({ total: 1, failures: 1, slow: 0 });
  });

  it('B3: a time window moves with the time, a count window with the calls', () => {
    const timed = judge({ window: '10s' });
    expect(timed.timed).toBe(true);
    timed.record(0, true, true);
    timed.advance(9_999);
    expect(timed.health).toMatchObject({ total: 1, failures: 1, slow: 1 });
    timed.advance(10_000);
    expect(timed.health).toMatchObject({ total: 0, failures: 0, slow: 0 });
    const counted = judge({ window: { calls: 2 }, minimumCalls: 2 });
    expect(counted.timed).toBe(false);
    counted.record(0, true, true);
    counted.advance(1e12);
    expect(counted.health).toMatchObject({ total: 1, failures: 1, slow: 1 });
    counted.record(0, false, false);
    counted.record(0, false, false);
    expect(counted.health).toMatchObject({ total: 2, failures: 0, slow: 0 });
  });

  it.each([['opened'], ['closed']] as const)(
    'forgets everything when the breaker has %s',
    (what) => {
      for (const options of [{}, { window: { calls: 30 } }]) {
        const full = judge(options);
        for (let i = 0; i < 4; i++) full.record(0, true, true);
        full[what]('failure_rate');
        expect(full.health).toMatchObject({
          total: 0,
          failures: 0,
          slow: 0,
          consecutiveFailures: 0,
        });
      }
    },
  );

  it('B10: takes over what a snapshot knew, at its age', () => {
    const known = { window: { calls: 12, failures: 6, slow: 3 }, consecutiveFailures: 2 };
    const timed = judge({ window: '10s' });
    timed.restore(-8_000, known);
    timed.advance(0);
    expect(timed.health).toMatchObject({ total: 12, failures: 6, slow: 3, consecutiveFailures: 2 });
    timed.advance(2_000);
    expect(timed.health).toMatchObject({ total: 0, failures: 0, slow: 0, consecutiveFailures: 2 });
    const counted = judge({ window: { calls: 20 } });
    counted.restore(-8_000, known);
    expect(counted.health).toMatchObject({ total: 12, failures: 6, slow: 3 });
    const smaller = judge({ window: { calls: 6 }, minimumCalls: 6 });
    smaller.restore(-8_000, known);
    expect(smaller.health).toMatchObject({ total: 6, failures: 3, slow: 2 });
  });

  it('B10: takes over an empty snapshot', () => {
    const nothing = { window: { calls: 0, failures: 0, slow: 0 }, consecutiveFailures: 0 };
    for (const options of [{}, { window: { calls: 20 } }]) {
      const fresh = judge(options);
      fresh.restore(0, nothing);
      expect(fresh.health).toMatchObject({
        total: 0,
        failures: 0,
        slow: 0,
        consecutiveFailures: 0,
      });
    }
  });

  it('B10: keeps the failures of a snapshot longest in a count window', () => {
    const counted = judge({ window: { calls: 10 }, minimumCalls: 10, failureRate: 0.9 });
    counted.restore(0, { window: { calls: 10, failures: 4, slow: 0 }, consecutiveFailures: 0 });
    for (let i = 0; i < 6; i++) counted.record(0, false, false);
    expect(counted.health.failures).toBe(4);
    counted.record(0, false, false);
    expect(counted.health.failures).toBe(3);
  });
});

describe('CockatielJudge', () => {
  function listening(opens: boolean) {
    const told: string[] = [];
    const breaker: IBreaker = {
      state: undefined,
      success: (state) => {
        told.push(`success ${state}`);
      },
      failure: (state) => {
        told.push(`failure ${state}`);
        return opens;
      },
    };
    return { told, judge: new CockatielJudge(breaker) };
  }

  it('B2: asks the breaker, as a closed circuit of cockatiel does', () => {
    const { told, judge } = listening(true);
    expect(judge.record(0, false)).toBeUndefined();
    expect(judge.record(0, true)).toBe('breaker');
    expect(told).toEqual(['success 0', 'failure 0']);
    expect(listening(false).judge.record(0, true)).toBeUndefined();
  });

  it('B6: tells it the verdict on the probes, and nothing of openings of other kinds', () => {
    const { told, judge } = listening(true);
    judge.opened('breaker');
    judge.opened('tripped');
    expect(told).toEqual([]);
    judge.opened('probe_failed');
    judge.closed();
    expect(told).toEqual(['failure 2', 'success 2']);
  });

  it('keeps no window of its own', () => {
    const { told, judge } = listening(true);
    judge.advance();
    judge.restore();
    expect(judge.timed).toBe(false);
    expect(judge.health).toEqual({
      total: 0,
      failures: 0,
      slow: 0,
      failuresLastedMs: 0,
      consecutiveFailures: 0,
      runLastedMs: 0,
    });
    expect(judge.failingSince).toBeUndefined();
    expect(told).toEqual([]);
  });

  it.each<[string, CircuitBreakerOptions]>([
    ['of time', { minimumCalls: 4, failureRate: 0.5, failingFor: 0 }],
    ['of calls', { window: { calls: 6 }, minimumCalls: 4, failureRate: 0.5, failingFor: 0 }],
    [
      'with slow calls',
      { minimumCalls: 4, slowCallRate: 0.5, slowCallDuration: 10, failureRate: false },
    ],
  ])(
    'B2: a success that is told by the shorter way is one like any other, in a window %s',
    (_, options) => {
      const verdicts: unknown[] = [];
      for (let code = 0; code < 3 ** 7; code++) {
        const told = judge(options);
        const like = judge(options);
        for (let i = 0, rest = code; i < 7; i++, rest = Math.floor(rest / 3)) {
          const kind = rest % 3;
          const verdict = kind === 0 ? told.succeeded(i) : told.record(i, kind === 1, kind === 2);
          expect(verdict).toBe(like.record(i, kind === 1, kind === 2));
          if (kind === 0) verdicts.push(verdict);
          const { total, failures, slow, consecutiveFailures } = like.health;
          expect(told.health).toMatchObject({ total, failures, slow, consecutiveFailures });
          if (verdict !== undefined) break;
        }
      }
      expect(verdicts).toContain(undefined);
      expect(new Set(verdicts).size).toBe(2);
    },
  );
});
