import { describe, expect, it } from 'vitest';
import {
  bulkhead,
  circuitBreaker,
  handleType,
  handleWhenResult,
  pipeline,
  TimeoutError,
  timeout,
} from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { DOWN, defaultHarness, harness, PLAIN, PLAIN_RULES, start } from './support.js';

/** B2, B3, B4, B8: what opens it, and what counts. */
describe('circuitBreaker: trip rules', () => {
  it('B2: opens at 99 of 100 calls in 10 s by default, failing for a second', async () => {
    const { breaker, clock, fail, succeed, transitions } = defaultHarness({
      consecutiveFailures: false,
    });
    await succeed();
    for (let i = 0; i < 98; i++) {
      await fail();
      await clock.advance(20);
    }
    expect(breaker.state).toBe('closed');
    await fail();
    expect(transitions()).toEqual(['closed > open: failure_rate']);
    const few = defaultHarness({ consecutiveFailures: false });
    for (let i = 0; i < 19; i++) {
      await few.fail();
      await few.clock.advance(100);
    }
    expect(few.breaker.state).toBe('closed');
    await few.fail();
    expect(few.transitions()).toEqual(['closed > open: failure_rate']);
    const others = defaultHarness({ consecutiveFailures: false });
    await others.succeed();
    await others.fail();
    await others.clock.advance('5s');
    await others.fail(20);
    expect(others.breaker.snapshot().window).toEqual({ calls: 22, failures: 21, slow: 0 });
    await others.clock.advance('5s');
    await others.fail(2);
    expect(others.transitions()).toEqual(['closed > open: failure_rate']);
  });

  it.each([2, 10])(
    'B2: an upstream that answers one call in %i is called, by the defaults',
    async (every) => {
      for (const perSecond of [3, 50]) {
        const { breaker, clock, fail, succeed } = defaultHarness();
        for (let i = 0; i < 60 * perSecond; i++) {
          await (i % every === 0 ? succeed() : fail());
          await clock.advance(1_000 / perSecond);
        }
        expect(breaker.state).toBe('closed');
      }
    },
  );

  it('B2: a busy service whose upstream fails totally is refused after 9 to 10 s, by the defaults', async () => {
    for (const healthyFor of [20_000, 20_100, 20_500, 20_980]) {
      const { breaker, clock, fail, succeed } = defaultHarness();
      while (clock.now() < healthyFor) {
        await succeed();
        await clock.advance(20);
      }
      while (breaker.state === 'closed') {
        await fail();
        await clock.advance(20);
      }
      expect(clock.now() - healthyFor).toBeGreaterThan(9_000);
      expect(clock.now() - healthyFor).toBeLessThanOrEqual(10_000);
    }
  });

  it('B2: opens at ten failures in a row where calls are few', async () => {
    const { breaker, clock, fail, succeed, transitions } = defaultHarness();
    await fail(9);
    await succeed();
    await fail(9);
    expect(breaker.state).toBe('closed');
    // A quiet service: each call finds the window empty.
    await clock.advance('1h');
    await fail();
    expect(transitions()).toEqual(['closed > open: consecutive_failures']);
  });

  it('B2: a short unlucky run does not open a busy one', async () => {
    const { breaker, fail, succeed } = harness();
    await succeed(30);
    await fail(20);
    expect(breaker.state).toBe('closed');
    await fail(10);
    expect(breaker.state).toBe('open');
  });

  it('B2: slow calls open it once their share is reached, failed or not', async () => {
    const { breaker, clock, start, succeed, transitions } = harness({
      slowCallRate: 0.5,
      slowCallDuration: '1s',
      minimumCalls: 4,
      failureRate: false,
      consecutiveFailures: false,
      failingFor: undefined,
    });
    const slow = [start(), start()];
    await clock.advance(1_000);
    await slow[0]?.succeed();
    expect(breaker.snapshot().window).toEqual({ calls: 1, failures: 0, slow: 0 });
    await clock.advance(0.5);
    await slow[1]?.fail();
    expect(breaker.snapshot().window).toEqual({ calls: 2, failures: 1, slow: 1 });
    await succeed();
    const last = start();
    await clock.advance(1_001);
    await last.succeed();
    expect(transitions()).toEqual(['closed > open: slow_call_rate']);
  });

  it('B2: slow calls are none of its business by default', async () => {
    const { breaker, clock, start } = harness();
    for (let i = 0; i < 30; i++) {
      const slow = start();
      await clock.advance('29s');
      await slow.succeed();
    }
    expect(breaker.state).toBe('closed');
  });

  it('B2: a rule that is switched off opens nothing', async () => {
    const { breaker, fail } = harness({ failureRate: false, minimumCalls: 1_000 });
    await fail(4);
    expect(breaker.state).toBe('closed');
    const other = harness({ consecutiveFailures: false });
    await other.fail(19);
    expect(other.breaker.state).toBe('closed');
    await other.fail();
    expect(other.breaker.state).toBe('open');
  });

  it('B3: an idle hour empties the window', async () => {
    const { breaker, clock, fail } = harness({ consecutiveFailures: false });
    await fail(19);
    await clock.advance('1h');
    await fail();
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot().window).toEqual({ calls: 1, failures: 1, slow: 0 });
  });

  it('B3: a time window forgets within one of ten buckets', async () => {
    const { breaker, clock, fail } = harness({ window: '10s', consecutiveFailures: false });
    await fail(10);
    await clock.advance(8_999);
    expect(breaker.snapshot().window.calls).toBe(10);
    await clock.advance(1_001);
    expect(breaker.snapshot().window.calls).toBe(0);
  });

  it('B3: a count window is exact, however much time passes', async () => {
    const { breaker, clock, fail, succeed } = harness({
      window: { calls: 20 },
      consecutiveFailures: false,
    });
    await fail(9);
    await succeed(11);
    await clock.advance('1h');
    expect(breaker.snapshot().window).toEqual({ calls: 20, failures: 9, slow: 0 });
    await succeed(9);
    expect(breaker.snapshot().window).toEqual({ calls: 20, failures: 0, slow: 0 });
    await fail(9);
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('B4: calls count when they complete, in the window of that moment', async () => {
    const { breaker, clock, start } = harness({ window: '10s', consecutiveFailures: false });
    const long = Array.from({ length: 20 }, start);
    await clock.advance('1m');
    for (const call of long.slice(0, 19)) await call.fail();
    expect(breaker.snapshot().window).toEqual({ calls: 19, failures: 19, slow: 0 });
    await long[19]?.fail();
    expect(breaker.state).toBe('open');
  });

  it('B4: latency above the window does not change the rate (opossum counted attempts at admission)', async () => {
    const { breaker, clock, start } = harness({ window: '1s', minimumCalls: 5 });
    const calls = Array.from({ length: 10 }, start);
    await clock.advance('3s');
    for (const [i, call] of calls.entries()) await (i === 9 ? call.fail() : call.succeed());
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot().window).toEqual({ calls: 10, failures: 1, slow: 0 });
  });

  it('B4: a call that the closed breaker had let in opens and closes nothing later', async () => {
    const { breaker, clock, fail, start, succeed, transitions } = harness();
    const stale = Array.from({ length: 12 }, start);
    await fail(5);
    await stale[0]?.succeed();
    await stale[1]?.fail();
    expect(breaker.snapshot()).toMatchObject({ state: 'open', openings: 1 });
    await clock.advance('5s');
    expect(breaker.state).toBe('half_open');
    for (const call of stale.slice(2, 6)) await call.succeed();
    expect(breaker.state).toBe('half_open');
    await stale[6]?.fail();
    expect(breaker.state).toBe('half_open');
    await succeed(3);
    for (const call of stale.slice(7)) await call.fail();
    expect(breaker.snapshot()).toMatchObject({
      state: 'closed',
      consecutiveFailures: 0,
      window: { calls: 0, failures: 0, slow: 0 },
    });
    expect(transitions()).toHaveLength(3);
  });

  it('B4: no late result counts twice', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker();
    const calls = pipeline({ name: 'calls', clock }, breaker, timeout('1s'));
    const call = start(calls);
    await clock.advance('1s');
    await call.settled;
    expect(breaker.snapshot().window).toEqual({ calls: 1, failures: 1, slow: 0 });
    await call.succeed();
    await clock.flush();
    expect(breaker.snapshot().window).toEqual({ calls: 1, failures: 1, slow: 0 });
  });

  it('B8, T2: errors of the operation and timeouts, inside or outside, are failures', async () => {
    for (const outside of [false, true]) {
      const clock = new VirtualClock();
      const breaker = circuitBreaker();
      const policies = outside ? [timeout('1s'), breaker] : [breaker, timeout('1s')];
      const calls = pipeline({ name: 'calls', clock }, ...policies);
      await calls.settle(() => Promise.reject(DOWN));
      const hung = calls.settle(() => new Promise(() => {}));
      await clock.advance('1s');
      await expect(hung).resolves.toMatchObject({ reason: expect.any(TimeoutError) });
      expect(breaker.snapshot().window).toEqual({ calls: 2, failures: 2, slow: 0 });
    }
  });

  it('B8: the abort of a caller, a timeout outside while it waits and rejections inside are not counted', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker();
    const inside = bulkhead({ maxConcurrent: 1, maxQueued: 1 });
    const calls = pipeline({ name: 'calls', clock }, timeout('1s'), breaker, inside);
    const aborted = start(calls);
    const queued = start(calls);
    const refused = start(calls);
    await refused.settled;
    expect(refused.ran).toBe(false);
    await clock.advance('1s');
    // One ran into the timeout and counts; the other never got to the upstream.
    expect(queued.ran).toBe(false);
    await expect(queued.settled).resolves.toMatchObject({ reason: expect.any(TimeoutError) });
    expect(breaker.snapshot().window).toEqual({ calls: 1, failures: 1, slow: 0 });
    breaker.reset();
    await aborted.fail();
    const left = start(calls);
    await left.abort();
    await left.fail();
    expect(breaker.snapshot()).toMatchObject({
      consecutiveFailures: 0,
      window: { calls: 0, failures: 0, slow: 0 },
    });
  });

  it('B8: no number of aborts opens it', async () => {
    const { breaker, start } = harness();
    for (let i = 0; i < 100; i++) await start().abort();
    expect(breaker.state).toBe('closed');
  });

  it('B8: what handle says no to is a success: it ends a run, and counts in the rate', async () => {
    class NotFound extends Error {}
    const { breaker, fail } = harness({
      handle: (outcome) => outcome.kind === 'failure' && !(outcome.error instanceof NotFound),
    });
    await fail(4);
    await fail(1, new NotFound());
    expect(breaker.snapshot()).toMatchObject({
      consecutiveFailures: 0,
      window: { calls: 5, failures: 4, slow: 0 },
    });
  });

  it('B8: what handle says no to lets a half-open breaker close', async () => {
    class NotFound extends Error {}
    const { breaker, fail, untilHalfOpen } = harness({
      handle: (outcome) => outcome.kind === 'failure' && !(outcome.error instanceof NotFound),
    });
    await untilHalfOpen();
    await fail(3, new NotFound());
    expect(breaker.state).toBe('closed');
  });

  it('B8: handle can make failures of results and rejections, never of an abort', async () => {
    const asked: string[] = [];
    const clock = new VirtualClock();
    const breaker = circuitBreaker({
      handle: (outcome) => {
        asked.push(outcome.kind);
        return outcome.kind !== 'success' || outcome.value === 'bad';
      },
    });
    const calls = pipeline({ name: 'calls', clock }, breaker, bulkhead({ maxConcurrent: 1 }));
    const held = start(calls);
    await start(calls).settled;
    await held.abort();
    await held.succeed();
    await clock.flush();
    await calls.execute(() => 'bad');
    await calls.execute(() => 'good');
    expect(asked).toEqual(['rejected', 'success', 'success']);
    expect(breaker.snapshot().window).toEqual({ calls: 3, failures: 2, slow: 0 });
  });

  it('B8: filters of cockatiel say what a failure is', async () => {
    class Down extends Error {}
    const errors = harness({ handle: handleType(Down) });
    await errors.fail(1, new Down());
    await errors.fail(1, new Error('not mine'));
    await errors.succeed();
    expect(errors.breaker.snapshot().window).toEqual({ calls: 3, failures: 1, slow: 0 });
    const results = harness({ handle: handleWhenResult((value) => value === 503) });
    await results.calls.execute(() => 503);
    await results.calls.execute(() => 200);
    expect(results.breaker.snapshot().window).toEqual({ calls: 2, failures: 1, slow: 0 });
  });

  it('G3: a predicate that throws ends the call with its error, and counts nothing', async () => {
    const fault = new TypeError('predicate');
    const { breaker, calls } = harness({
      handle: () => {
        throw fault;
      },
    });
    await expect(calls.execute(() => Promise.reject(DOWN))).rejects.toBe(fault);
    expect(breaker.snapshot().window.calls).toBe(0);
  });

  it('B8: a layer above may bring rules for what the options leave open', async () => {
    const clock = new VirtualClock();
    const never = () => false;
    const minute = () => 60_000;
    for (const [options, state] of [
      [{}, 'closed'],
      [{ handle: () => true, delayFrom: () => 10_000 }, 'open'],
    ] as const) {
      const numbers = { ...PLAIN, ...PLAIN_RULES, ...options };
      const breaker = circuitBreaker(numbers).withRules({
        counting: (given) => given ?? never,
        retrying: () => never,
        isOverload: never,
        sureSuccess: () => undefined,
        delayFrom: minute,
        onKept: () => {},
      });
      const calls = pipeline({ name: 'calls', clock }, breaker);
      for (let i = 0; i < 5; i++) await calls.settle(() => Promise.reject(DOWN));
      expect(breaker.state).toBe(state);
      if (state === 'open') {
        expect((breaker.snapshot().openUntil ?? 0) - clock.wallNow()).toBe(10_000);
      }
    }
  });

  it('G13: a clock that jumps ahead neither opens nor wedges it', async () => {
    const { breaker, clock, fail, start, succeed } = harness();
    const asleep = start();
    await fail(4);
    await clock.advance('100h');
    await asleep.succeed();
    expect(breaker.state).toBe('closed');
    await fail(5);
    await clock.advance('100h');
    await succeed(3);
    expect(breaker.state).toBe('closed');
  });

  it('G13: a wall clock that jumps changes nothing', async () => {
    for (const ms of [1e12, -1e12]) {
      const { breaker, clock, fail } = harness();
      await fail(4);
      clock.jumpWall(ms);
      expect(breaker.snapshot()).toMatchObject({ state: 'closed', window: { calls: 4 } });
      await fail();
      clock.jumpWall(ms);
      await clock.advance(4_999);
      expect(breaker.state).toBe('open');
      await clock.advance(1);
      expect(breaker.state).toBe('half_open');
    }
  });
});
