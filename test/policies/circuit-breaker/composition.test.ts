import { describe, expect, it } from 'vitest';
import type { CircuitBreakerOptions } from '../../../src/index.js';
import {
  CircuitOpenError,
  circuitBreaker,
  fallback,
  pipeline,
  retry,
  TimeoutError,
  timeout,
} from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { DOWN, even } from './support.js';

const down = () => Promise.reject(DOWN);
const hang = () => new Promise<never>(() => {});

/** A source of chance that is the same every time. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** The share of 50 calls a second for ten minutes that is served when the upstream answers this share of them well. */
async function served(available: number, options: CircuitBreakerOptions): Promise<number> {
  const clock = new VirtualClock();
  const chance = chances(7);
  const calls = pipeline(
    { name: 'calls', clock },
    circuitBreaker({ random: chances(11), ...options }),
  );
  const total = 30_000;
  let good = 0;
  for (let i = 0; i < total; i++) {
    const result = await calls.settle(() => (chance() < available ? 'ok' : down()));
    if (result.status === 'fulfilled') good++;
    await clock.advance(20);
  }
  return good / total;
}

/** How it works with its neighbours. */
describe('circuitBreaker: composition', () => {
  it('inside retry each attempt counts in the rate, and an open breaker ends the call at once', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ minimumCalls: 3, failingFor: 0, random: even });
    const calls = pipeline({ name: 'calls', clock }, retry({ maxRetries: 5 }), breaker);
    let attempts = 0;
    const call = calls.settle(() => {
      attempts++;
      return down();
    });
    const result = await clock.runUntil(call);
    expect(attempts).toBe(3);
    // The call says what happened to it; only the next one is refused.
    expect(result).toEqual({ status: 'rejected', reason: DOWN });
    expect(await calls.settle(down)).toMatchObject({ reason: expect.any(CircuitOpenError) });
  });

  it('outside retry only the last outcome counts', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker();
    const calls = pipeline({ name: 'calls', clock }, breaker, retry({ maxRetries: 3 }));
    await clock.runUntil(calls.settle(down));
    expect(breaker.snapshot().window).toEqual({ calls: 1, failures: 1, slow: 0 });
  });

  it('T2: a timeout opens it, whether it is inside or outside', async () => {
    const hung = async (inside: boolean) => {
      const clock = new VirtualClock();
      const breaker = circuitBreaker({ failingFor: 0 });
      const policies = inside ? [breaker, timeout('1s')] : [timeout('1s'), breaker];
      const calls = pipeline({ name: 'calls', clock }, ...policies);
      const results = Array.from({ length: 20 }, () => calls.settle(hang));
      await clock.advance('1s');
      for (const result of await Promise.all(results)) {
        expect(result).toMatchObject({ reason: expect.any(TimeoutError) });
      }
      return breaker.state;
    };
    expect(await hung(true)).toBe('open');
    expect(await hung(false)).toBe('open');
  });

  it('a timeout inside counts although the operation ignores its signal (Polly 620, 2278)', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker();
    const calls = pipeline({ name: 'calls', clock }, breaker, timeout('1s'));
    const call = calls.settle(
      () =>
        new Promise((resolve) => {
          clock.setTimer(() => resolve('late'), 5_000);
        }),
    );
    await clock.advance('1s');
    await expect(call).resolves.toMatchObject({ reason: expect.any(TimeoutError) });
    expect(breaker.snapshot().window).toEqual({ calls: 1, failures: 1, slow: 0 });
    await clock.advance('5s');
    expect(breaker.snapshot().window).toEqual({ calls: 1, failures: 1, slow: 0 });
  });

  it('a fallback around it answers while it is open', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker();
    const calls = pipeline({ name: 'calls', clock }, fallback('stale'), breaker);
    breaker.trip();
    await expect(calls.execute(() => 'fresh')).resolves.toBe('stale');
  });

  it('does not make an outage of an upstream that answers 80 to 90% (dotnet/extensions 7686)', async () => {
    for (const available of [0.9, 0.85, 0.8]) {
      expect(await served(available, {})).toBeGreaterThan(available - 0.03);
    }
  });

  it.each([
    [0.9, 0.68],
    [0.85, 0.41],
    [0.8, 0.32],
  ])(
    'would at a failure rate of 10%%, as the page warns: of %d, about %d',
    async (available, share) => {
      expect(await served(available, { failureRate: 0.1 })).toBeCloseTo(share, 1);
    },
  );

  it('stops calling an upstream that is down: one call in thirty', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock }, circuitBreaker({ random: chances(3) }));
    let called = 0;
    for (let i = 0; i < 6_000; i++) {
      await calls.settle(() => {
        called++;
        return down();
      });
      await clock.advance(20);
    }
    // Those of a second until it opens, then one probe at about each second.
    expect(called).toBeLessThanOrEqual(200);
  });
});
