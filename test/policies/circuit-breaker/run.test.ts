import { describe, expect, it } from 'vitest';
import { circuitBreaker, pipeline, retry } from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { DOWN, defaultHarness, even, harness } from './support.js';

/** B2: what makes a run of failures, and how long failures have to come for. */
describe('circuitBreaker: runs of failures', () => {
  it('B2: failures open it, in a row or by their rate, when they have come for failingFor', async () => {
    for (const consecutiveFailures of [5, false] as const) {
      const { breaker, clock, fail } = defaultHarness({ consecutiveFailures });
      await fail(consecutiveFailures === 5 ? 19 : 100);
      await clock.advance(999);
      await fail();
      expect(breaker.state).toBe('closed');
      await clock.advance(1);
      await fail();
      expect(breaker.state).toBe('open');
    }
    const longer = defaultHarness({ failingFor: '3s', consecutiveFailures: 5 });
    await longer.fail(5);
    await longer.clock.advance(2_999);
    await longer.fail();
    expect(longer.breaker.state).toBe('closed');
  });

  it('B2: a success ends the time that failures in a row have come for', async () => {
    const { breaker, clock, fail, succeed } = defaultHarness();
    await fail();
    await clock.advance('1h');
    await succeed();
    await fail(10);
    expect(breaker.state).toBe('closed');
  });

  it('B2: a count window has held failures since the oldest one in it', async () => {
    const options = {
      window: { calls: 20 },
      failureRate: 0.5,
      consecutiveFailures: false,
    } as const;
    const { breaker, clock, fail, succeed } = defaultHarness(options);
    await fail();
    await succeed(20);
    await clock.advance('1h');
    await fail(20);
    expect(breaker.state).toBe('closed');
    await clock.advance('1s');
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('B2: a clock that goes back makes no outage of a blip', async () => {
    let now = 5_000;
    const clock = Object.assign(new VirtualClock(), { now: () => now });
    const { breaker, fail } = defaultHarness({ consecutiveFailures: 5 }, clock);
    await fail(5);
    now = 0;
    await fail();
    now = 999;
    await fail();
    expect(breaker.state).toBe('closed');
    now = 1_000;
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('B2: failures of calls that were in flight together are one step of a run', async () => {
    const { breaker, clock, start } = harness();
    const steps = () => breaker.snapshot().consecutiveFailures;
    const together = Array.from({ length: 6 }, start);
    for (const call of together.slice(1)) await call.fail();
    expect(steps()).toBe(1);
    const [later, still] = [start(), start()];
    await clock.advance('1m');
    await together[0]?.fail();
    expect(steps()).toBe(1);
    await later.fail();
    expect(steps()).toBe(2);
    await still.fail();
    expect(steps()).toBe(2);
    for (let i = 0; i < 3; i++) await start().fail();
    expect(breaker.state).toBe('open');
  });

  it('B2: a new run begins with whatever fails, and steps on as any', async () => {
    const { breaker, start } = harness();
    const steps = () => breaker.snapshot().consecutiveFailures;
    const [one, two, three] = [start(), start(), start()];
    await start().fail();
    await start().succeed();
    await one.fail();
    await two.fail();
    expect(steps()).toBe(1);
    await start().fail();
    await three.fail();
    expect(steps()).toBe(2);
  });

  it('B2: a call counts once in a run, whatever its retries', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ consecutiveFailures: 5, failingFor: 0, random: even });
    const calls = pipeline(
      { name: 'calls', clock },
      retry({ maxRetries: 5, budget: false }),
      breaker,
    );
    for (let i = 1; i <= 4; i++) {
      await clock.runUntil(calls.settle(() => Promise.reject(DOWN)));
      // Should all the attempts of three calls fail, the rate has been 1 for 18 calls.
      expect(breaker.snapshot()).toMatchObject(
        i < 4
          ? { state: 'closed', consecutiveFailures: i, window: { calls: 6 * i } }
          : { state: 'open' },
      );
    }
  });

  it('B2: outside of retry, a call with many attempts is a step as any', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ consecutiveFailures: 5, failingFor: 0, random: even });
    const calls = pipeline({ name: 'calls', clock }, breaker, retry({ maxRetries: 2 }));
    for (let i = 1; i <= 5; i++) await clock.runUntil(calls.settle(() => Promise.reject(DOWN)));
    expect(breaker.state).toBe('open');
  });
});
