import {
  adaptiveLimiter,
  circuitBreaker,
  keyed,
  pipeline,
  rateLimiter,
  retry,
  retryBudget,
  systemClock,
  throttle,
  timeout,
} from 'holdfast';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Faker } from '../policies/support/fakers.js';
import { clockFakers, fakers } from '../policies/support/fakers.js';
import { follow } from '../policies/support/rig.js';

/**
 * Fake timers that leave `performance.now` real moved the timers of policies and not their time: after a minute of theirs a breaker that
 * had opened for five seconds was open, and a rate limiter's waiter was put off for ever.
 */

const never = () => new Promise<never>(() => {});
const fails = () => Promise.reject(new Error('boom'));
const calm = { random: () => 0.5 };

async function failing(calls: { settle(operation: () => unknown): Promise<unknown> }, times = 30) {
  for (let i = 0; i < times; i++) await calls.settle(fails);
}

function opensAndProbes({ install, advance }: Faker): void {
  it('B5: an open breaker probes when its time is over, and not before', async () => {
    install();
    const breaker = circuitBreaker({ ...calm, openFor: '5s', failingFor: 0 });
    const calls = pipeline('faked', breaker);
    await failing(calls);
    expect(breaker.state).toBe('open');
    await advance(4_900);
    expect(breaker.state).toBe('open');
    await advance(100);
    expect(breaker.state).toBe('half_open');
    expect(await calls.execute(() => 'good')).toBe('good');
  });

  it('B5: also one that opened on real time', async () => {
    const breaker = circuitBreaker({ ...calm, openFor: '5s', failingFor: 0 });
    await failing(pipeline('real', breaker));
    install();
    expect(breaker.state).toBe('open');
    await advance(60_000);
    expect(breaker.state).toBe('half_open');
  });

  it('L1: a waiter is let in when there is a permit', async () => {
    install();
    const limiter = rateLimiter({ limit: 1, per: '10s', maxWait: '1m' });
    const calls = pipeline('faked', limiter);
    await calls.execute(() => 1);
    const waiting = follow(calls.execute(() => 2));
    await advance(9_900);
    expect(waiting.now).toEqual({ is: 'pending' });
    await advance(100);
    // On real timers it looks at the clock again and again.
    await vi.waitFor(() => expect(waiting.now).toEqual({ is: 'fulfilled', value: 2 }), 20_000);
  });
}

describe.each(fakers)('$name', (faker) => {
  const { install, advance, restore } = faker;
  afterEach(restore);

  opensAndProbes(faker);

  it('B3: an idle hour empties a window', async () => {
    install();
    const breaker = circuitBreaker({ consecutiveFailures: false });
    await failing(pipeline('faked', breaker), 19);
    expect(breaker.snapshot().window.failures).toBe(19);
    await advance(3_600_000);
    expect(breaker.snapshot().window.failures).toBe(0);
  });

  it('L3: a throttle forgets', async () => {
    install();
    const limit = throttle({ window: '1m' });
    await failing(pipeline('faked', limit));
    expect(limit.snapshot().probability).toBeGreaterThan(0.5);
    await advance(60_000);
    expect(limit.snapshot().requests).toBe(0);
  });

  it('L2: an adaptive limiter comes back', async () => {
    install();
    const limiter = adaptiveLimiter();
    const calls = pipeline('faked', timeout('1s'), limiter);
    const { limit } = limiter.snapshot();
    for (let i = 0; i < 200; i++) void calls.settle(never);
    await advance(1_000);
    for (let i = 0; i < 200; i++) void calls.settle(never);
    await advance(1_000);
    expect(limiter.snapshot().limit).toBeLessThan(limit);
    await advance(3_600_000);
    expect(limiter.snapshot().kept).toBe(0);
  });

  it('R6: a budget fills again', async () => {
    install();
    const budget = retryBudget({ ratio: 0, minPerSecond: 1 });
    const calls = pipeline('faked', retry({ budget, initialDelay: 0, jitter: 'none' }));
    const operation = vi.fn(fails);
    const call = async () => {
      operation.mockClear();
      const ended = follow(calls.execute(operation));
      await advance(1);
      expect(ended.now.is).toBe('rejected');
      return operation.mock.calls.length;
    };
    expect(await call()).toBe(2);
    expect(await call()).toBe(1);
    await advance(1_000);
    expect(await call()).toBe(2);
  });

  it('keys that are idle go', async () => {
    install();
    const byKey = keyed(pipeline('faked'), { idleFor: '10m' });
    byKey.get('a');
    await advance(600_000);
    byKey.get('b');
    expect([...byKey.keys()]).toEqual(['b']);
  });

  it('also right after a burst of real calls', async () => {
    const byKey = keyed(pipeline('burst', timeout('5s')), { idleFor: '10m' });
    for (let i = 0; i < 100; i++) await byKey.execute('a', () => 1);
    install();
    byKey.get('a');
    await advance(600_000);
    byKey.get('b');
    expect([...byKey.keys()]).toEqual(['b']);
  });

  it('T2: an operation sees its time run out', async () => {
    install();
    const calls = pipeline('faked', timeout('5s'));
    let left: () => number = () => Number.NaN;
    void calls.settle((context) => {
      left = () => context.timeLeft;
      return never();
    });
    expect(left()).toBe(5_000);
    await advance(4_000);
    expect(left()).toBe(1_000);
  });

  it('a minute that passes before anything of ours looks counts', async () => {
    const before = systemClock.now();
    install();
    await advance(60_000);
    const passed = systemClock.now() - before;
    // Those of node:test that begin at a date do not tell which.
    if (Date.now() > Date.UTC(2024, 0) && (Date as { isMock?: true }).isMock) return;
    expect(passed).toBeGreaterThanOrEqual(60_000);
    expect(passed).toBeLessThan(70_000);
  });

  it('G13: time goes on, and never back, when fakes come and go', async () => {
    const readings = [systemClock.now()];
    const read = () => readings.push(systemClock.now());
    for (let i = 0; i < 3; i++) {
      install();
      read();
      await advance(10_000);
      read();
      restore();
      read();
      await new Promise((resolve) => setTimeout(resolve, 5));
      read();
    }
    expect(readings).toEqual([...readings].sort((a, b) => a - b));
    const passed = (readings.at(-1) as number) - (readings[0] as number);
    expect(passed).toBeGreaterThanOrEqual(30_015 - 3);
    expect(passed).toBeLessThan(35_000);
  });

  it('G13: what began under fakes goes on in real time', async () => {
    install();
    const breaker = circuitBreaker({ ...calm, openFor: '20ms' });
    const limiter = rateLimiter({ limit: 1, per: '20ms', maxWait: '1s' });
    const calls = pipeline('faked', breaker, limiter, timeout('30ms'));
    await advance(1_000_000);
    await calls.execute(() => 1);
    breaker.trip();
    restore();
    await vi.waitFor(() => expect(breaker.state).toBe('half_open'), {
      interval: 5,
      timeout: 20_000,
    });
    expect(await calls.execute(() => 2)).toBe(2);
    expect(await calls.execute(() => 3)).toBe(3);
    await expect(calls.execute(never)).rejects.toThrow('30 ms');
  });
});

describe.each(clockFakers)('$name, beside real timers', (faker) => {
  const { install, restore } = faker;
  afterEach(restore);

  opensAndProbes(faker);

  it('T1: a timeout expires all the same in real time', async () => {
    install();
    const calls = pipeline('pinned', timeout('40ms'));
    await expect(calls.execute(never)).rejects.toThrow('40 ms');
  });

  it('R3: backoffs pass in real time, too', async () => {
    install();
    const calls = pipeline(
      'pinned',
      retry({ maxRetries: 1, initialDelay: '30ms', jitter: 'none' }),
    );
    const before = process.hrtime.bigint();
    await calls.settle(fails);
    expect(Number(process.hrtime.bigint() - before) / 1e6).toBeGreaterThanOrEqual(29);
  });
});

describe('what is no fake', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('timers that are spied on are real, and used no more often than without us', async () => {
    const spy = vi.spyOn(globalThis, 'setTimeout');
    const before = systemClock.now();
    await new Promise((resolve) => systemClock.setTimer(() => resolve(undefined), 20));
    expect(systemClock.now() - before).toBeGreaterThanOrEqual(19);
    expect(spy).toHaveBeenCalledTimes(1);
  });

  it('timers that an instrumentation wraps are real', async () => {
    const { setTimeout: host } = globalThis;
    globalThis.setTimeout = ((callback: () => void, ms: number) =>
      host(callback, ms)) as typeof setTimeout;
    try {
      const calls = pipeline('traced', timeout('20ms'));
      const before = systemClock.now();
      await expect(calls.execute(never)).rejects.toThrow('20 ms');
      const passed = systemClock.now() - before;
      expect(passed).toBeGreaterThanOrEqual(20);
      expect(passed).toBeLessThan(2_000);
    } finally {
      globalThis.setTimeout = host;
    }
  });

  it('G13: a date that was set moves nothing', async () => {
    const before = systemClock.now();
    vi.setSystemTime(Date.UTC(2020, 0));
    systemClock.now();
    vi.setSystemTime(Date.UTC(2030, 0));
    expect(systemClock.now() - before).toBeLessThan(5_000);
    vi.useFakeTimers({ toFake: ['setTimeout', 'Date'] });
    const faked = systemClock.now();
    vi.setSystemTime(Date.UTC(2040, 0));
    expect(systemClock.now()).toBe(faked);
    vi.advanceTimersByTime(10);
    expect(systemClock.now()).toBe(faked + 10);
  });

  it('a clock that is pinned does not stop timeouts', async () => {
    vi.spyOn(performance, 'now').mockReturnValue(12_345);
    const calls = pipeline('pinned', timeout('30ms'));
    await expect(calls.execute(never)).rejects.toThrow('30 ms');
  });

  it('G13: a clock that is set back does not go back', () => {
    const spy = vi.spyOn(performance, 'now').mockReturnValue(60_000);
    const before = systemClock.now();
    spy.mockReturnValue(10);
    const after = systemClock.now();
    expect(after).toBeGreaterThanOrEqual(before);
    spy.mockReturnValue(30_010);
    expect(systemClock.now() - after).toBeCloseTo(30_000, 3);
  });

  it('a faked setImmediate does not keep timeouts from expiring', async () => {
    vi.useFakeTimers({ toFake: ['setImmediate'] });
    const calls = pipeline('pinned', timeout('30ms'));
    await expect(calls.execute(never)).rejects.toThrow('30 ms');
  });

  it('timers that fire at once bring time on as far as they were to wait', async () => {
    const { setTimeout: host } = globalThis;
    globalThis.setTimeout = ((callback: () => void) => {
      queueMicrotask(callback);
      return {};
    }) as unknown as typeof setTimeout;
    try {
      const calls = pipeline('at once', rateLimiter({ limit: 1, per: '1m', maxWait: '1h' }));
      for (let i = 0; i < 5; i++) expect(await calls.execute(() => i)).toBe(i);
    } finally {
      globalThis.setTimeout = host;
    }
  });
});
