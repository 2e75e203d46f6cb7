import { type CircuitBreakerOptions, circuitBreaker, failure } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { pipeline } from '../../../src/create.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';

const late = failure(new Error('the body failed'));

function make(options: CircuitBreakerOptions = {}) {
  const clock = new VirtualClock();
  const breaker = circuitBreaker({ random: () => 0.5, ...options });
  const calls = pipeline({ name: 'late', clock }, breaker);
  /** A call that succeeds now. Answers when. */
  const succeed = async (): Promise<number> => {
    await calls.execute(async () => 'headers');
    return clock.now();
  };
  const fail = () => calls.settle(async () => Promise.reject(new Error('down')));
  const failLate = (succeededAt: number): void => breaker.failedLate(late, succeededAt);
  const health = () => {
    const { window, consecutiveFailures } = breaker.snapshot();
    return { ...window, run: consecutiveFailures };
  };
  return { clock, breaker, calls, succeed, fail, failLate, health };
}

describe('a success that fails late', () => {
  it('B8: is a failure in its place', async () => {
    const { succeed, failLate, health } = make();
    await succeed();
    failLate(await succeed());
    expect(health()).toMatchObject({ calls: 2, failures: 1 });
  });

  it('B8: is a failure of its own where the success has left the window', async () => {
    const { clock, succeed, failLate, health } = make();
    const at = await succeed();
    await clock.advance('30s');
    failLate(at);
    expect(health()).toMatchObject({ calls: 1, failures: 1 });
  });

  it('B8: is a failure in its place in a window of calls, too', async () => {
    const { succeed, failLate, health } = make({ window: { calls: 5 }, minimumCalls: 5 });
    for (let i = 0; i < 7; i++) failLate(await succeed());
    expect(health()).toMatchObject({ calls: 5, failures: 5 });
  });

  it('B2: does not interrupt a run of failures, one after another', async () => {
    const { clock, breaker, succeed, fail, failLate, health } = make();
    for (let i = 1; i < 10; i++) {
      if (i % 2 === 0) await fail();
      else {
        const at = await succeed();
        await clock.advance(100);
        failLate(at);
      }
      expect(health().run).toBe(i);
      await clock.advance(100);
    }
    expect(breaker.state).toBe('closed');
    failLate(await succeed());
    expect(breaker.state).toBe('open');
  });

  it('B2: does not interrupt one when many are read at a time, and counts those once', async () => {
    const { clock, succeed, failLate, health } = make();
    for (let run = 1; run <= 3; run++) {
      const at = await Promise.all([succeed(), succeed(), succeed()]);
      await clock.advance(100);
      for (const each of at) failLate(each);
      expect(health().run).toBe(run);
      await clock.advance(100);
    }
  });

  it('B2: leaves a run ended by another success', async () => {
    const { clock, succeed, fail, failLate, health } = make();
    await fail();
    await fail();
    await succeed();
    const at = await succeed();
    await clock.advance(10);
    failLate(at);
    expect(health().run).toBe(1);
  });

  it('B2: opens by the rate', async () => {
    const { clock, breaker, succeed, failLate } = make();
    for (let i = 0; i < 25 && breaker.state === 'closed'; i++) {
      const at = await Promise.all(Array.from({ length: 10 }, succeed));
      await clock.advance(200);
      for (const each of at) failLate(each);
    }
    expect(breaker.state).toBe('open');
  });

  it('B4: says nothing of a later state', async () => {
    const { clock, breaker, succeed, failLate, health } = make();
    const at = await succeed();
    breaker.trip();
    failLate(at);
    expect(breaker.state).toBe('open');
    await clock.advance('10s');
    expect(breaker.state).toBe('half_open');
    failLate(at);
    breaker.reset();
    failLate(at);
    expect([breaker.state, health()]).toEqual([
      'closed',
      { calls: 0, failures: 0, slow: 0, run: 0 },
    ]);
  });

  it('B6: of a probe is a failed probe', async () => {
    const { clock, breaker, succeed, failLate } = make();
    breaker.trip();
    await clock.advance('10s');
    const at = await succeed();
    expect(breaker.state).toBe('half_open');
    await clock.advance(10);
    failLate(at);
    expect(breaker.state).toBe('open');
    expect(breaker.snapshot().cause).toMatchObject({ message: 'the body failed' });
  });

  it('B12: is a relapse while it lets in more and more calls', async () => {
    const { clock, breaker, succeed, failLate } = make();
    breaker.trip();
    await clock.advance('10s');
    for (let i = 0; i < 3; i++) await succeed();
    await clock.advance(10);
    const at: number[] = [];
    for (let i = 0; i < 3; i++) at.push(await succeed());
    await clock.advance(10);
    for (const each of at) failLate(each);
    expect(breaker.state).toBe('open');
  });

  it('B8: is none where handle says so', async () => {
    const { succeed, failLate, health } = make({ handle: () => false });
    failLate(await succeed());
    expect(health().failures).toBe(0);
  });

  it('B13: is told as what opened it', async () => {
    const { breaker, calls, clock, succeed, failLate } = make();
    const told: unknown[] = [];
    calls.on('transition', ({ to, cause }) => told.push([to, cause]));
    for (let i = 0; i < 12; i++) {
      failLate(await succeed().catch(() => clock.now()));
      await clock.advance(150);
    }
    expect(told).toContainEqual(['open', 'error' in late ? late.error : undefined]);
    expect(breaker.state).not.toBe('closed');
  });
});
