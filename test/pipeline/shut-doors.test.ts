import {
  CircuitIsolatedError,
  CircuitOpenError,
  circuitBreaker,
  fallback,
  type Policy,
  pipeline,
  retry,
  retryBudget,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

const operation = async () => 'answer';

/** A pipeline with an open breaker inside these policies, and what it counts. */
function open(...outer: Policy<unknown>[]) {
  const breaker = circuitBreaker({ openFor: 1_000, openForSpread: 0, rampFor: 0 });
  const clock = new VirtualClock();
  const calls = pipeline({ name: 'calls', clock }, ...outer, breaker);
  breaker.trip();
  const { tally, plan } = calls as unknown as {
    tally: { calls: object[]; rejections: object[] };
    plan: { path: { door: { shut: boolean } } };
  };
  return { breaker, clock, calls, tally, plan };
}

describe('a call that an open breaker refuses', () => {
  it('B5: rejects, settles, and is counted once', async () => {
    const { calls, tally } = open();
    await expect(calls.execute(operation)).rejects.toBeInstanceOf(CircuitOpenError);
    const settled = await calls.settle(operation);
    expect(settled).toMatchObject({
      status: 'rejected',
      reason: {
        message: 'calls: the circuit breaker is open',
        pipeline: 'calls',
        policy: 'circuit_breaker',
        reason: 'circuit_open',
        retryAfter: 1_000,
      },
    });
    expect(tally.calls).toEqual([
      { outcome: 'rejected', errorType: 'ERR_CIRCUIT_OPEN', once: 2, retried: 0 },
    ]);
    expect(tally.rejections).toEqual([
      { policy: 'circuit_breaker', reason: 'circuit_open', enforced: 2, waived: 0 },
    ]);
    expect(calls.inFlight).toBe(0);
  });

  it('G12: each has an error of its own, which says what the breaker is doing now', async () => {
    const { breaker, calls } = open();
    const [one, other] = [await calls.settle(operation), await calls.settle(operation)];
    expect(one).toEqual(other);
    expect((one as PromiseRejectedResult).reason).not.toBe((other as PromiseRejectedResult).reason);
    breaker.isolate();
    const { reason } = (await calls.settle(operation)) as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(CircuitIsolatedError);
    expect(reason.message).toBe('calls: the circuit breaker is isolated');
  });

  it('F1: is answered by a fallback outside, and counted as such', async () => {
    const { calls, tally } = open(fallback('instead'), retry(), timeout(100));
    expect(await calls.execute(operation)).toBe('instead');
    expect(await calls.settle(operation)).toEqual({ status: 'fulfilled', value: 'instead' });
    expect(tally.calls).toEqual([
      { outcome: 'fallback', errorType: undefined, once: 2, retried: 0 },
    ]);
  });

  it('F1: is told to the function of a fallback outside', async () => {
    const { calls } = open(fallback(({ kind }) => kind));
    expect(await calls.execute(operation)).toBe('rejected');
  });

  it('R6: is a first attempt to the budget of a retry outside', async () => {
    const budget = retryBudget({ ratio: 1, minPerSecond: 0 });
    const { calls } = open(retry({ budget }));
    for (let i = 0; i < 3; i++) await calls.settle(operation);
    expect(budget.balance(0)).toBe(3);
  });

  it('R2: is tried again by a retry outside that handles rejections', async () => {
    const { calls, clock } = open(
      retry({ handle: ({ kind }) => kind === 'rejected', initialDelay: 1_000, jitter: 'none' }),
    );
    const call = calls.execute(operation);
    await clock.advance(5_000);
    expect(await call).toBe('answer');
  });

  it('B7: is let in when the open time is over, without a timer', async () => {
    const { calls, clock, breaker } = open(fallback('instead'), timeout(100));
    expect(await calls.execute(operation)).toBe('instead');
    await clock.advance(1_000);
    expect(await calls.execute(operation)).toBe('answer');
    expect(breaker.state).toBe('half_open');
  });

  it('G12: costs no object of its own, whatever is outside the breaker', async () => {
    const { calls, plan } = open(fallback('instead'), retry(), timeout(100));
    expect(plan.path.door.shut).toBe(true);
    let made = 0;
    const counting = new Proxy(plan.path, {
      get: (path, key) => {
        if (key === 'enter') made++;
        return Reflect.get(path, key);
      },
    });
    Object.assign(plan, { path: counting });
    await calls.execute(operation);
    expect(made).toBe(0);
  });
});
