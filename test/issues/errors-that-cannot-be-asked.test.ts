import { bulkhead, circuitBreaker, fallback, pipeline, retry, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it, vi } from 'vitest';
import { bothWays } from '../policies/support/rig.js';

/**
 * What an operation throws may be anything, a revoked Proxy included: even `instanceof` throws then. The engine's own
 * question whether it is a rejection ended in an unhandled rejection, and the call never settled.
 */
function unaskable(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

bothWays('G2: an error that cannot be asked what it is', ({ fail }) => {
  it.each([
    ['without policies', () => []],
    ['within a timeout', () => [timeout('1s')]],
    ['within a circuit breaker', () => [circuitBreaker()]],
  ])('is thrown as it is, %s', async (_, layers) => {
    const error = unaskable();
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'p', clock }, ...layers());
    const settled = await clock.runUntil(calls.settle(() => fail(error) as never));
    expect(settled.status === 'rejected' && settled.reason === error).toBe(true);
    expect(calls.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('is a failure to every policy, and gives back what the call held', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker();
    const slots = bulkhead({ maxConcurrent: 1 });
    const calls = pipeline(
      { name: 'p', clock },
      fallback('spare'),
      timeout('10s'),
      retry({ maxRetries: 2 }),
      breaker,
      slots,
      timeout('1s'),
    );
    const operation = vi.fn(() => fail(unaskable()) as never);
    expect(await clock.runUntil(calls.execute(operation))).toBe('spare');
    expect(operation).toHaveBeenCalledTimes(3);
    expect(breaker.snapshot().window).toMatchObject({ calls: 3, failures: 3 });
    expect(slots.snapshot().inFlight).toBe(0);
  });
});

describe('F3: a fallback that throws one', () => {
  it('ends the call with it', async () => {
    const error = unaskable();
    const calls = pipeline(
      'p',
      fallback(() => {
        throw error;
      }),
    );
    const settled = await calls.settle(() => Promise.reject(new Error('down')));
    expect(settled.status === 'rejected' && settled.reason === error).toBe(true);
  });
});
