import { describe, expect, it } from 'vitest';
import { BrakeRegulator } from '../../../../src/policies/adaptive-limiter/brake/brake-regulator.js';
import type { Ending } from '../../../../src/policies/adaptive-limiter/regulator.js';
import type { TimeSource } from '../../../../src/time/time-source.js';

/** A time that counts how often it is read exactly. */
class Time {
  ms = 0;
  exact = 0;
  now(): number {
    this.exact++;
    return this.ms;
  }
  elapsed(fromMs: number, nowMs: number): number {
    return nowMs - fromMs;
  }

  recent(): number {
    return Math.floor(this.ms / 4) * 4;
  }
}

/** A regulator, and calls that each take so long and end so, so many in flight at a time. */
function rigOf({ inFlight = 10, leftMs = 1_000 } = {}) {
  const time = new Time();
  const source = time as unknown as TimeSource;
  const regulator = new BrakeRegulator(1, 10_000, 10_000);
  const call = (
    tookMs: number,
    kind: Ending = 'success',
    { isOverload = false, left = leftMs } = {},
  ): number => {
    const stay = regulator.begin(time.ms, time.ms + left);
    time.ms += tookMs;
    return regulator.end(stay, source, inFlight, kind, isOverload);
  };
  const calls = (count: number, ...args: Parameters<typeof call>): void => {
    for (let i = 0; i < count; i++) call(...args);
  };
  return { time, source, regulator, call, calls };
}

describe('a verdict', () => {
  it.each<[string, number, Ending, boolean, boolean]>([
    ['quick success', 10, 'success', false, false],
    ['success after half of the time', 500, 'success', false, false],
    ['success after more than half of the time', 504, 'success', false, true],
    ['quick success that is a sign of overload', 10, 'success', true, true],
    ['quick failure', 10, 'failure', false, false],
    ['quick failure that is a sign of overload', 10, 'failure', true, true],
    ['failure after more than half of the time', 504, 'failure', false, true],
    ['timeout inside', 400, 'timeout', true, true],
    ['timeout inside that handle says no to', 400, 'timeout', false, false],
    ['call given up at once', 10, 'cancelled', false, false],
    ['call given up after more than half of the time', 504, 'cancelled', false, true],
    ['rejection by a policy inside', 10, 'rejected', false, false],
    ['call that is to be ignored, however long it took', 504, 'ignored', false, false],
    ['call that is to be ignored, and past its time', 1_004, 'ignored', true, false],
  ])('L2: of a %s', (_, tookMs, kind, isOverload, isUseless) => {
    const { regulator, calls } = rigOf();
    calls(60, tookMs, kind, { isOverload });
    expect(regulator.current < 10_000).toBe(isUseless);
  });

  it('L2: of what is neither useful nor useless: it does not make up for what is', () => {
    for (const kind of ['failure', 'rejected', 'cancelled', 'ignored'] as const) {
      const { regulator, calls } = rigOf();
      for (let i = 0; i < 20; i++) {
        calls(3, 1, kind);
        calls(1, 700, 'success');
      }
      expect(regulator.current).toBeLessThan(10_000);
    }
  });

  it('L2: does not depend on who else is in flight', () => {
    for (const kind of ['success', 'failure', 'cancelled', 'timeout', 'rejected'] as const) {
      for (const isBehind of [false, true]) {
        const { regulator, calls } = rigOf();
        if (isBehind) regulator.begin(0, 1e9);
        calls(30, 504, kind);
        expect([kind, regulator.current < 10_000]).toEqual([kind, true]);
      }
    }
  });

  it('L2: comes once for each call, and also while it is in flight', () => {
    const { time, source, regulator } = rigOf();
    const stays = Array.from({ length: 10 }, () => regulator.begin(0, 1_000));
    regulator.look(500, 10);
    expect(regulator.current).toBe(10_000);
    regulator.look(501, 10);
    const cut = regulator.current;
    expect(cut).toBeLessThan(10);
    time.ms = 900;
    for (const stay of stays) regulator.end(stay, source, 10, 'success', true);
    expect(regulator.current).toBe(cut);
  });

  it('L2: of a call whose caller had no time when it began there is none, but for signs of overload', () => {
    for (const left of [0, -1, -1e9]) {
      const { regulator, calls } = rigOf();
      calls(100, 5, 'success', { left });
      calls(100, 5, 'cancelled', { left });
      expect(regulator.current).toBe(10_000);
      calls(100, 5, 'success', { left, isOverload: true });
      expect(regulator.current).toBe(1);
    }
  });
});

describe('without a deadline', () => {
  it('L2: a call is useless when it takes five times as long as usual, once that is known', () => {
    const { regulator, calls } = rigOf({ leftMs: Infinity });
    calls(9, 10_000);
    expect(regulator.current).toBe(10_000);
    const other = rigOf({ leftMs: Infinity });
    other.calls(100, 40);
    other.calls(3, 190);
    expect(other.regulator.current).toBe(10_000);
    other.calls(10, 400);
    expect(other.regulator.current).toBeLessThan(10);
  });

  it('L2: an upstream that becomes slower for good is usual within about a hundred calls, and let go', () => {
    const { time, regulator, calls } = rigOf({ leftMs: Infinity });
    calls(100, 40);
    calls(300, 400);
    time.ms += 31_000;
    regulator.advance(time.ms);
    const { current } = regulator;
    calls(100, 400);
    expect([current, regulator.current]).toEqual([10_000, 10_000]);
  });

  it('L2: what calls with a deadline take says nothing of those without', () => {
    const { regulator, calls } = rigOf();
    calls(100, 10);
    calls(9, 400, 'success', { left: Infinity });
    expect(regulator.current).toBe(10_000);
  });
});

describe('a slot of a call that was given up', () => {
  it('L2: is kept about as long again while there is trouble, and 2 s at most', () => {
    const { call, calls } = rigOf({ inFlight: 1 });
    expect(call(800, 'cancelled')).toBe(0);
    calls(20, 800, 'cancelled');
    expect(call(800, 'cancelled')).toBe(600);
    expect(call(4_000, 'timeout', { isOverload: true })).toBe(2_000);
    // An attempt that lost to its hedge is given up, too.
    expect(call(800, 'superseded')).toBe(600);
  });

  it('L2: and no other one is', () => {
    const { call, calls } = rigOf({ inFlight: 1 });
    calls(20, 800, 'cancelled');
    expect(call(800, 'success')).toBe(0);
    expect(call(800, 'failure')).toBe(0);
    // The caller's own change of mind.
    expect(call(10, 'cancelled')).toBe(0);
    calls(30, 10, 'success');
    expect(call(800, 'cancelled')).toBe(0);
  });
});

describe('time', () => {
  it('L2: is read exactly only where less than 200 ms are left', () => {
    for (const [leftMs, readings] of [
      [Infinity, 0],
      [1_000, 0],
      [200, 0],
      [199, 2],
      [-5, 2],
    ] as const) {
      const { time, source, regulator } = rigOf();
      time.ms = 1_000;
      const now = regulator.timeOf(source, 1_000 + leftMs);
      regulator.end(regulator.begin(now, 1_000 + leftMs), source, 1, 'success', false);
      expect([leftMs, time.exact]).toEqual([leftMs, readings]);
    }
  });

  it('L2: lets go after 30 s without a cut, and remembers until then', () => {
    const { time, regulator, calls } = rigOf();
    expect(regulator.remembers).toBe(false);
    calls(20, 600, 'cancelled');
    expect(regulator.remembers).toBe(true);
    regulator.advance(time.ms + 30_001);
    expect(regulator).toMatchObject({ current: 10_000, remembers: false, letGoes: 1 });
  });
});

it('L2: nothing is said of the time that a call pauses, and its own starts when it goes on', () => {
  const { time, source, regulator } = rigOf();
  expect(regulator.movesWithTime).toBe(true);
  for (let i = 0; i < 60; i++) {
    const stay = regulator.begin(time.ms, time.ms + 1_000);
    regulator.pause(stay);
    time.ms += 900;
    regulator.look(time.ms, 10);
    expect(regulator.resume(stay, time.ms, time.ms + 1_000)).toBe(stay);
    time.ms += 400;
    regulator.end(stay, source, 10, 'success', false);
  }
  expect(regulator.current).toBe(10_000);
  // And it may be late from then on.
  for (let i = 0; i < 60; i++) {
    const stay = regulator.begin(time.ms, time.ms + 1_000);
    regulator.pause(stay);
    regulator.resume(stay, time.ms, time.ms + 1_000);
    time.ms += 504;
    regulator.end(stay, source, 10, 'success', false);
  }
  expect(regulator.current).toBeLessThan(10_000);
});

it('L2: what fails does not make up what is usual', () => {
  const { calls, regulator } = rigOf({ leftMs: Infinity });
  calls(50, 20);
  calls(500, 1, 'failure');
  // Three times as long as a success usually takes, and less than five times.
  calls(60, 60);
  expect(regulator.current).toBe(10_000);
  calls(60, 600);
  expect(regulator.current).toBeLessThan(10_000);
});

it('L2: a success whose caller had no time is no sign that all is well', () => {
  const { calls, call, regulator } = rigOf();
  calls(60, 504);
  const { current } = regulator;
  for (let i = 0; i < 100; i++) call(10, 'success', { left: 0 });
  expect(regulator.current).toBe(current);
  calls(10, 10);
  expect(regulator.current).toBeGreaterThan(current);
});

describe('blocked time', () => {
  it('is asked for when a call without a deadline took more than a millisecond', () => {
    const { time, source, regulator } = rigOf();
    const asked: [number, number][] = [];
    time.elapsed = (fromMs, nowMs) => {
      asked.push([fromMs, nowMs]);
      return nowMs - fromMs;
    };
    const call = (begunMs: number, endedMs: number) => {
      const stay = regulator.begin(begunMs, Infinity);
      time.ms = endedMs;
      regulator.end(stay, source, 10, 'success', false);
    };
    call(8, 8);
    call(11, 12);
    expect(asked).toEqual([]);
    call(10, 12);
    call(12, 40);
    expect(asked).toEqual([
      [10, 12],
      [12, 40],
    ]);
  });
});

it('L2: a first limit that is low is let go half a minute after the first call, whoever looked before', () => {
  const regulator = new BrakeRegulator(1, 100, 5);
  for (const looked of [0, 31_000, 60_000]) regulator.advance(looked);
  expect(regulator.current).toBe(5);
  regulator.look(60_000, 1);
  regulator.advance(90_000);
  expect(regulator.current).toBe(5);
  regulator.advance(90_001);
  expect(regulator.current).toBe(100);
});
