import * as cockatiel from 'cockatiel4';
import Opossum from 'opossum';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** What the table of README.md says of the others, on their released code. */

const down = async (): Promise<never> => {
  throw new Error('down');
};
const never = (): Promise<never> => new Promise(() => {});
const swallow = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error) => error);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('cockatiel', () => {
  it('waits a backoff out after the abort, then calls again', async () => {
    const policy = cockatiel.retry(cockatiel.handleAll, {
      maxAttempts: 2,
      backoff: new cockatiel.ConstantBackoff(1_000),
    });
    const caller = new AbortController();
    const calls: boolean[] = [];
    const call = swallow(
      policy.execute(({ signal }) => {
        calls.push(signal.aborted);
        return down();
      }, caller.signal),
    );
    await vi.advanceTimersByTimeAsync(10);
    caller.abort();
    let settled = false;
    void call.then(() => {
      settled = true;
    });
    await vi.advanceTimersByTimeAsync(900);
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(settled).toBe(true);
    expect(calls).toEqual([false, true]);
  });

  it('times an operation out that does not listen, with the aggressive strategy only', async () => {
    const aggressive = cockatiel.timeout(100, cockatiel.TimeoutStrategy.Aggressive);
    const call = swallow(aggressive.execute(never));
    await vi.advanceTimersByTimeAsync(100);
    expect(await call).toBeInstanceOf(cockatiel.TaskCancelledError);

    const cooperative = cockatiel.timeout(100, cockatiel.TimeoutStrategy.Cooperative);
    const settled = vi.fn();
    cooperative.execute(never).then(settled, settled);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(settled).not.toHaveBeenCalled();
  });

  it.each([
    ['inside the timeout', 0],
    ['outside the timeout', 1],
  ])('after a timeout, a bulkhead %s has this many free slots: %i', async (where, free) => {
    const bulkhead = cockatiel.bulkhead(1);
    const timeout = cockatiel.timeout(100, cockatiel.TimeoutStrategy.Aggressive);
    const policy =
      where === 'inside the timeout'
        ? cockatiel.wrap(timeout, bulkhead)
        : cockatiel.wrap(bulkhead, timeout);
    const call = swallow(policy.execute(never));
    await vi.advanceTimersByTimeAsync(100);
    await call;
    expect(bulkhead.executionSlots).toBe(free);
  });

  it('lets a late caller pass the queue of a bulkhead', async () => {
    const bulkhead = cockatiel.bulkhead(1, 10);
    const order: string[] = [];
    let finish: () => void = () => {};
    const first = bulkhead.execute(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );
    const waits = bulkhead.execute(() => order.push('waits'));
    // A caller that comes between the end of the first call and the turn of the one that waits.
    finish();
    await Promise.resolve();
    const between = bulkhead.execute(() => order.push('between'));
    await Promise.all([first, waits, between]);
    expect(order).toEqual(['between', 'waits']);
  });

  it('keeps a full window through an idle hour', async () => {
    const policy = cockatiel.circuitBreaker(cockatiel.handleAll, {
      halfOpenAfter: 1_000,
      breaker: new cockatiel.SamplingBreaker({
        threshold: 0.5,
        duration: 30_000,
        minimumRps: 1 / 3,
      }),
    });
    for (let i = 0; i < 9; i++) await swallow(policy.execute(down));
    expect(policy.state).toBe(cockatiel.CircuitState.Closed);
    await vi.advanceTimersByTimeAsync(3_600_000);
    await swallow(policy.execute(down));
    expect(policy.state).toBe(cockatiel.CircuitState.Open);
  });

  it('lets one probe in, and the others wait for it', async () => {
    const policy = cockatiel.circuitBreaker(cockatiel.handleAll, {
      halfOpenAfter: 1_000,
      breaker: new cockatiel.ConsecutiveBreaker(1),
    });
    await swallow(policy.execute(down));
    await vi.advanceTimersByTimeAsync(1_000);
    const operation = vi.fn(never);
    const settled = vi.fn();
    policy.execute(operation).then(settled, settled);
    policy.execute(operation).then(settled, settled);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(operation).toHaveBeenCalledTimes(1);
    expect(settled).not.toHaveBeenCalled();
  });

  it('lets a late failure from before it opened reopen it', async () => {
    const policy = cockatiel.circuitBreaker(cockatiel.handleAll, {
      halfOpenAfter: 1_000,
      breaker: new cockatiel.ConsecutiveBreaker(1),
    });
    let fail: (error: Error) => void = () => {};
    const late = swallow(policy.execute(() => new Promise((_, reject) => (fail = reject))));
    await swallow(policy.execute(down));
    await vi.advanceTimersByTimeAsync(1_000);
    void swallow(policy.execute(never)); // the probe
    expect(policy.state).toBe(cockatiel.CircuitState.HalfOpen);
    fail(new Error('late'));
    await late;
    expect(policy.state).toBe(cockatiel.CircuitState.Open);
  });

  it("counts the caller's abort as a failure", async () => {
    const policy = cockatiel.circuitBreaker(cockatiel.handleAll, {
      halfOpenAfter: 1_000,
      breaker: new cockatiel.ConsecutiveBreaker(1),
    });
    const caller = new AbortController();
    const call = swallow(
      policy.execute(
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          }),
        caller.signal,
      ),
    );
    caller.abort();
    await call;
    expect(policy.state).toBe(cockatiel.CircuitState.Open);
  });

  it('does not validate options', () => {
    const wrong = { maxAttemts: 2, maxAttempts: Number.NaN } as object;
    expect(() => cockatiel.retry(cockatiel.handleAll, wrong)).not.toThrow();
    expect(() => cockatiel.timeout(-1, cockatiel.TimeoutStrategy.Aggressive)).not.toThrow();
    expect(() => cockatiel.bulkhead(Number.NaN)).not.toThrow();
  });
});

describe('opossum', () => {
  const breakers: Opossum[] = [];
  function breaker<A extends unknown[], R>(
    action: (...args: A) => Promise<R>,
    options: Opossum.Options,
  ): Opossum<A, R> {
    const made = new Opossum(action, options);
    breakers.push(made as unknown as Opossum);
    return made;
  }
  afterEach(() => {
    for (const each of breakers.splice(0)) each.shutdown();
  });

  it('times an operation out that does not listen', async () => {
    const guarded = breaker(never, { timeout: 100 });
    const call = swallow(guarded.fire());
    await vi.advanceTimersByTimeAsync(100);
    expect(await call).toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('frees the slot of a call that timed out while its work goes on', async () => {
    let working = 0;
    const work = async (): Promise<never> => {
      working++;
      return never();
    };
    const guarded = breaker(work, {
      timeout: 100,
      capacity: 1,
      errorThresholdPercentage: 100,
      volumeThreshold: 100,
    });
    for (let i = 0; i < 5; i++) {
      const call = swallow(guarded.fire());
      await vi.advanceTimersByTimeAsync(100);
      await call;
    }
    expect(working).toBe(5);
  });

  it('refuses what finds no slot: there is no queue', async () => {
    const guarded = breaker(never, { timeout: false, capacity: 1 });
    void guarded.fire();
    expect(await swallow(guarded.fire())).toMatchObject({ code: 'ESEMLOCKED' });
  });

  it('has an empty window after an idle hour', async () => {
    const guarded = breaker(down, {
      timeout: false,
      errorThresholdPercentage: 50,
      volumeThreshold: 10,
      rollingCountTimeout: 30_000,
    });
    for (let i = 0; i < 9; i++) await swallow(guarded.fire());
    await vi.advanceTimersByTimeAsync(3_600_000);
    await swallow(guarded.fire());
    expect(guarded.opened).toBe(false);
  });

  it('lets one probe in, which hangs it for ever when it hangs', async () => {
    let action: () => Promise<unknown> = down;
    const guarded = breaker(() => action(), {
      timeout: false,
      errorThresholdPercentage: 1,
      resetTimeout: 1_000,
    });
    await swallow(guarded.fire());
    expect(guarded.opened).toBe(true);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(guarded.halfOpen).toBe(true);
    const operation = vi.fn(never);
    action = operation;
    void swallow(guarded.fire());
    void swallow(guarded.fire());
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(operation).toHaveBeenCalledTimes(1);
    expect(guarded.halfOpen).toBe(true);
  });

  it('lets a late success from before it opened close it', async () => {
    let action: () => Promise<unknown>;
    const guarded = breaker(() => action(), {
      timeout: false,
      errorThresholdPercentage: 1,
      resetTimeout: 1_000,
    });
    let succeed: (value: unknown) => void = () => {};
    action = () => new Promise((resolve) => (succeed = resolve));
    const late = guarded.fire();
    action = down;
    await swallow(guarded.fire());
    await vi.advanceTimersByTimeAsync(1_001);
    expect(guarded.halfOpen).toBe(true);
    succeed(1);
    await late;
    expect(guarded.closed).toBe(true);
  });

  it("counts the caller's abort as a failure", async () => {
    const caller = new AbortController();
    const guarded = breaker(
      () =>
        new Promise((_, reject) => {
          caller.signal.addEventListener('abort', () => reject(caller.signal.reason));
        }),
      { timeout: false, errorThresholdPercentage: 1 },
    );
    const call = swallow(guarded.fire());
    caller.abort();
    await call;
    expect(guarded.stats.failures).toBe(1);
    expect(guarded.opened).toBe(true);
  });

  it('changes and keeps its options', () => {
    const options: Opossum.Options = { resetTimeout: 1_000 };
    const before = { ...options };
    breaker(down, options);
    expect(options).not.toEqual(before);
    expect(() => breaker(down, Object.freeze({ resetTimeout: 1_000 }))).toThrow(TypeError);
  });
});
