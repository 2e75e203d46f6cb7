import {
  bulkhead,
  CircuitOpenError,
  circuitBreaker,
  pipeline,
  RejectedError,
  retry,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { gate } from '../pipeline/support/layers.js';
import { bothWays, rejectionOf, rig } from '../policies/support/rig.js';

const down = new Error('503');

/** The caller was told that the breaker is open, and nothing of the error that opened it. */
bothWays('R7: a retry that is refused', ({ fail }) => {
  it('ends the call with the refusal, which has the last failure as its cause', async () => {
    const breaker = circuitBreaker({ minimumCalls: 2, failingFor: 0 });
    const { clock, pipeline: calls } = rig(retry(), breaker);
    const errors = [new Error('first'), down];
    const call = calls.execute(({ attempt }) => fail(errors[attempt - 1]) as never);
    const refusal = await rejectionOf(clock.runUntil(call));
    expect(refusal).toBeInstanceOf(CircuitOpenError);
    expect(refusal).toMatchObject({ retryAfter: expect.any(Number) as number });
    expect((refusal as Error).cause).toBe(down);
    expect(Object.keys(refusal as object)).not.toContain('cause');
  });
});

describe('R7: a refusal', () => {
  it('of the first attempt has no cause', async () => {
    const breaker = circuitBreaker();
    const { pipeline: calls } = rig(retry(), breaker);
    breaker.trip();
    const refusal = await rejectionOf(calls.execute(() => 1));
    expect((refusal as Error).cause).toBeUndefined();
  });

  it('keeps the failure through further refusals, where those are retried', async () => {
    const { clock, pipeline: calls } = rig(
      retry({ maxRetries: 3, handle: (outcome) => outcome.kind !== 'success' }),
      circuitBreaker({ consecutiveFailures: 1, openFor: '1h' }),
    );
    const refusal = await rejectionOf(clock.runUntil(calls.execute(() => Promise.reject(down))));
    expect(refusal).toBeInstanceOf(CircuitOpenError);
    expect((refusal as Error).cause).toBe(down);
  });

  it('has no result as its cause after one that was retried: it was discarded', async () => {
    const {
      clock,
      pipeline: calls,
      discarded,
    } = rig(
      retry({ handle: (outcome) => outcome.kind === 'success' }),
      circuitBreaker({ consecutiveFailures: 1, handle: (outcome) => outcome.kind === 'success' }),
    );
    const refusal = await rejectionOf(clock.runUntil(calls.execute(() => 503)));
    expect((refusal as Error).cause).toEqual(new Error('the result counts as a failure'));
    expect(discarded).toEqual([503]);
  });

  it('that cannot be written on, or has a cause, is thrown as it is', async () => {
    const own = new Error('own cause');
    const told = new RejectedError('told', { cause: own });
    const frozen = Object.freeze(new RejectedError('frozen', { pipeline: 'rig' }));
    for (const [error, cause] of [
      [told, own],
      [frozen, undefined],
    ] as const) {
      let entered = 0;
      const refuses = gate({ enter: () => (++entered === 1 ? undefined : error) });
      const { clock, pipeline: calls } = rig(retry(), refuses);
      const thrown = await rejectionOf(clock.runUntil(calls.execute(() => Promise.reject(down))));
      expect(thrown).toBe(error);
      expect((thrown as Error).cause).toBe(cause);
    }
  });

  /** It is the call's own error; many calls may share the promise it came from. */
  it('of another pipeline, called in the operation, is left alone', async () => {
    const clock = new VirtualClock();
    const inner = pipeline({ name: 'inner', clock }, bulkhead({ maxConcurrent: 1 }));
    const outer = pipeline({ name: 'outer', clock }, retry());
    void inner.execute(() => new Promise(() => {}));
    const call = outer.execute(({ attempt }) =>
      attempt === 1 ? Promise.reject(down) : inner.execute(() => 1),
    );
    const refusal = await rejectionOf(clock.runUntil(call));
    expect(refusal).toMatchObject({ pipeline: 'inner', code: 'ERR_BULKHEAD_FULL' });
    expect((refusal as Error).cause).toBeUndefined();
  });
});
