import { expect, it } from 'vitest';
import { LatencyRegulator } from '../../../src/policies/adaptive-limiter/latency-regulator.js';
import type { Ending } from '../../../src/policies/adaptive-limiter/regulator.js';
import type { TimeSource } from '../../../src/time/time-source.js';

const limits = { initialLimit: 20, minLimit: 1, maxLimit: 200 };

/** A regulator, and calls that each take so long and end so, with as many in flight as the limit. */
function rigOf(algorithm: 'gradient' | 'aimd') {
  const time = {
    ms: 1_000,
    now: () => time.ms,
    read: () => time.ms,
    recent: () => time.ms - 4,
    elapsed: (from: number, now: number) => now - from,
  };
  const source = time as unknown as TimeSource;
  const regulator = new LatencyRegulator({ algorithm, ...limits });
  const calls = (
    count: number,
    kind: Ending,
    isOverload: boolean,
    pausedMs = 0,
    tookMs = 50,
  ): void => {
    for (let i = 0; i < count; i++) {
      let stay = regulator.begin(time.ms);
      if (pausedMs > 0) {
        time.ms += pausedMs;
        stay = regulator.resume(stay, time.ms);
      }
      time.ms += tookMs;
      expect(regulator.end(stay, source, regulator.current, kind, isOverload)).toBe(0);
    }
  };
  return { regulator, calls, source };
}

it('L2: is moved by successes and by signs of overload, and by nothing else', () => {
  const { regulator, calls } = rigOf('aimd');
  for (const kind of ['failure', 'timeout', 'cancelled', 'rejected'] as const) {
    calls(1_000, kind, false);
    expect(regulator.current).toBe(20);
  }
  calls(1_000, 'success', false);
  const { current } = regulator;
  expect(current).toBeGreaterThan(20);
  calls(200, 'timeout', true);
  expect(regulator.current).toBeLessThan(current);
});

it('L2: the time of a call starts anew after a pause, and is known exactly', () => {
  const { regulator, calls, source } = rigOf('gradient');
  expect(regulator.timeOf(source)).toBe(1_000);
  expect(regulator.unloadedMs).toBeUndefined();
  const plain = rigOf('gradient');
  plain.calls(2_000, 'success', false);
  expect(plain.regulator.unloadedMs).toBeCloseTo(50, 0);
  calls(2_000, 'success', false, 5_000);
  expect(regulator.unloadedMs).toBeCloseTo(50, 0);
});

it('L2: neither time alone nor a cut long ago moves it', () => {
  const { regulator } = rigOf('gradient');
  expect(regulator).toMatchObject({ movesWithTime: false, remembers: false, letGoes: 0 });
});

it('H8: an attempt that lost to a hedge took at least as long as it ran', () => {
  const { regulator, calls } = rigOf('gradient');
  calls(2_000, 'success', false);
  const { current, unloadedMs } = regulator;
  // A hedge that lost says nothing: it had no time.
  calls(500, 'superseded', false, 0, 1);
  expect(regulator).toMatchObject({ current, unloadedMs });
  calls(500, 'superseded', false, 0, 1_000);
  expect(regulator.current).toBeLessThan(current);
});
