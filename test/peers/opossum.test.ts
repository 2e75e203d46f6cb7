import { diag } from '@opentelemetry/api';
import { bulkhead, circuitBreaker, keyed, pipeline, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import CircuitBreaker from 'opossum';
import { describe, expect, it, vi } from 'vitest';
import { deferred, never } from '../pipeline/support/deferred.js';

const fails = (): Promise<never> => Promise.reject(new Error('no'));

/** Where opossum surprises its users, and what holdfast does there. The peer's own behaviour is shown where that is cheap. */
describe('opossum, for comparison', () => {
  it('2: changes the options it is given, and cannot take frozen ones', () => {
    const options = {};
    new CircuitBreaker(async () => 1, options).shutdown();
    expect(options).not.toEqual({});
    expect(() => new CircuitBreaker(async () => 1, Object.freeze({}))).toThrow(TypeError);
  });

  it('3: lets a timeout free the slot while the work goes on', async () => {
    let running = 0;
    let most = 0;
    const breaker = new CircuitBreaker(
      () => {
        most = Math.max(most, ++running);
        return never();
      },
      { timeout: 5, capacity: 1, errorThresholdPercentage: 100, volumeThreshold: 100 },
    );
    for (let i = 0; i < 3; i++) await breaker.fire().catch(() => {});
    breaker.shutdown();
    expect(most).toBe(3);
  });
});

describe('holdfast, where opossum surprises', () => {
  it('1: calls are counted when they complete: latency above the window changes no rate', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({
      window: '10s',
      minimumCalls: 10,
      consecutiveFailures: false,
      failingFor: 0,
      openFor: '5s',
    });
    const calls = pipeline({ name: 'calls', clock }, breaker);
    /** Ten calls a round, of which `failing` fail after a minute. */
    const round = async (failing: number): Promise<void> => {
      const all = Array.from({ length: 10 }, (_, i) =>
        calls.settle(
          () =>
            new Promise((resolve, reject) => {
              clock.setTimer(
                i < failing ? () => reject(new Error('no')) : () => resolve(1),
                60_000,
              );
            }),
        ),
      );
      await clock.advance('61s');
      await Promise.all(all);
    };
    await round(1);
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot().window).toMatchObject({ calls: 10, failures: 1 });
    await round(10);
    expect(breaker.state).toBe('open');
  });

  it('2: options are not changed or kept, may be frozen, and shared ones share nothing', async () => {
    const options = Object.freeze({ consecutiveFailures: 1, openFor: '1m' });
    const first = pipeline('first', circuitBreaker(options));
    const second = pipeline('second', circuitBreaker(options));
    await first.settle(fails);
    expect(await first.settle(() => 1)).toMatchObject({ reason: { code: 'ERR_CIRCUIT_OPEN' } });
    expect(await second.execute(() => 'second')).toBe('second');
    expect(options).toEqual({ consecutiveFailures: 1, openFor: '1m' });
  });

  it('3: a slot is held until the operation has really settled, whatever a timeout says', async () => {
    const clock = new VirtualClock();
    const slots = bulkhead({ maxConcurrent: 1 });
    const calls = pipeline({ name: 'calls', clock }, timeout(5), slots);
    const work = deferred();
    let most = 0;
    let running = 0;
    const results: string[] = [];
    for (let i = 0; i < 5; i++) {
      const call = calls.settle(async () => {
        most = Math.max(most, ++running);
        await work.promise;
        running--;
      });
      await clock.advance(10);
      const { reason } = (await call) as PromiseRejectedResult;
      results.push(reason.code);
    }
    expect(most).toBe(1);
    expect(results).toEqual(['ERR_TIMEOUT', ...Array(4).fill('ERR_BULKHEAD_FULL')]);
    work.resolve(1);
    await clock.flush();
    expect(slots.snapshot().inFlight).toBe(0);
  });

  it('4: a failing call costs the same however many calls the window holds', {
    retry: 2,
  }, async () => {
    const breaker = circuitBreaker({ window: '1h', failureRate: 1, consecutiveFailures: false });
    const calls = pipeline('calls', breaker);
    const perCall = async (): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 5; round++) {
        const start = performance.now();
        for (let i = 0; i < 1_000; i++) await calls.settle(fails);
        times.push((performance.now() - start) / 1_000);
      }
      return Math.min(...times);
    };
    await calls.execute(() => 1);
    await perCall();
    const few = await perCall();
    for (let i = 0; i < 100_000; i++) await calls.execute(() => 1);
    expect(breaker.snapshot().window.calls).toBeGreaterThan(100_000);
    expect(await perCall()).toBeLessThan(few * 4);
  });

  it('5: a listener that throws neither rejects nor hangs a good call', async () => {
    const error = vi.fn();
    diag.setLogger({ error, warn() {}, info() {}, debug() {}, verbose() {} });
    try {
      const calls = pipeline('calls', circuitBreaker());
      calls.on('call', () => {
        throw new Error('in the listener');
      });
      expect(await calls.execute(() => 1)).toBe(1);
      expect(error).toHaveBeenCalledTimes(1);
    } finally {
      diag.disable();
    }
  });

  it('5: a stale success does not close a half-open breaker, and a hung probe does not wedge it', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({
      consecutiveFailures: 1,
      openFor: '1s',
      probes: 1,
      probeTimeout: '3s',
    });
    const calls = pipeline({ name: 'calls', clock }, breaker);
    const old = deferred();
    const late = calls.settle(() => old.promise);
    await calls.settle(fails);
    await clock.advance('2s');
    void calls.settle(never);
    expect(breaker.state).toBe('half_open');
    old.resolve('late');
    await late;
    expect(breaker.state).toBe('half_open');
    await clock.advance('3s');
    expect(breaker.state).toBe('open');
    await clock.advance('10s');
    expect(await calls.execute(() => 'recovered')).toBe('recovered');
    expect(breaker.state).toBe('closed');
  });

  it('6: each call, and each attempt, has a signal of its own', async () => {
    const byKey = keyed(pipeline('calls', timeout('1h')));
    const signals: AbortSignal[] = [];
    const caller = new AbortController();
    const calls = [caller.signal, undefined, undefined].map((signal) =>
      byKey.settle(
        'one',
        (context) => {
          signals.push(context.signal);
          return signals.length < 3 ? never() : 'done';
        },
        { signal },
      ),
    );
    caller.abort();
    expect((await calls[0])?.status).toBe('rejected');
    expect(new Set(signals).size).toBe(3);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false, false]);
  });
});
