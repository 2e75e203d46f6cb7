import { AsyncLocalStorage } from 'node:async_hooks';
import type { Drive, Outcome } from 'holdfast';
import {
  bulkhead,
  ConfigError,
  circuitBreaker,
  hedge,
  keyed,
  pipeline,
  retry,
  timeout,
} from 'holdfast';
import { startOver, VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { byHand, follow, rejectionOf, rig } from '../support/rig.js';
import { hedged, sleep } from './support.js';

const BROKEN = new Error('broken');
const WORSE = new Error('worse');

describe('when a hedge starts', () => {
  it('H1: after a second until 20 calls are known, and then after the 95th percentile', async () => {
    const { pipeline: calls, clock } = rig(hedge());
    const policy = hedge();
    expect(policy.snapshot()).toEqual({ delayMs: 1_000, samples: 0, balance: 0 });
    const made = pipeline({ name: 'made', clock }, policy);
    for (let i = 1; i <= 20; i++) {
      const call = made.execute(() => sleep(clock, i));
      await clock.advance(i);
      await call;
    }
    // The 19th of 20, rounded up to an eighth of a doubling.
    expect(policy.snapshot().delayMs).toBeGreaterThanOrEqual(19);
    expect(policy.snapshot().delayMs).toBeLessThan(19 * 2 ** (1 / 8));
    expect(policy.snapshot().samples).toBe(20);
    expect(calls.inFlight).toBe(0);
  });

  it('H1: after a fixed delay, one delay after the other, up to maxHedges', async () => {
    const {
      pipeline: calls,
      clock,
      operation,
      started,
      of,
    } = await hedged({
      delay: 100,
      maxHedges: 2,
    });
    const call = calls.execute(operation);
    await clock.advance(99);
    expect(started).toHaveLength(1);
    await clock.advance(1);
    expect(started).toHaveLength(2);
    await clock.advance(1_000);
    expect(started.map(({ at, context }) => [at, context.attempt])).toEqual([
      [0, 1],
      [100, 2],
      [200, 3],
    ]);
    started[1]?.resolve('second');
    expect(await call).toBe('second');
    expect(of('hedge')).toMatchObject([
      { type: 'hedge', policy: 'hedge', attempt: 2, delayMs: 100 },
      { type: 'hedge', attempt: 3, delayMs: 100 },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('H1: not for a call that is answered before, and no timer is left', async () => {
    const { pipeline: calls, clock, operation, started, of } = await hedged({ delay: 100 });
    const call = calls.execute(operation);
    await clock.advance(99);
    started[0]?.resolve('first');
    expect(await call).toBe('first');
    expect(clock.pending).toBe(0);
    await clock.advance(1_000);
    expect(started).toHaveLength(1);
    expect(of('hedge', 'hedge_stopped')).toEqual([]);
  });

  it('H4: not for an attempt that fails before the delay: that is for retry', async () => {
    const { pipeline: calls, clock, operation, started } = await hedged({ delay: 100 });
    const call = calls.settle(operation);
    await clock.advance(50);
    started[0]?.reject(BROKEN);
    expect(await call).toEqual({ status: 'rejected', reason: BROKEN });
    await clock.advance(1_000);
    expect(started).toHaveLength(1);
  });

  it('H4: not while the call waits to be let in', async () => {
    const {
      pipeline: calls,
      clock,
      operation,
      started,
    } = await hedged({ delay: 100 }, [bulkhead({ maxConcurrent: 1, maxQueued: 5 })]);
    const first = calls.execute(operation);
    const second = calls.execute(operation);
    await clock.advance(90);
    started[0]?.resolve(1);
    await first;
    await clock.advance(99);
    expect(started).toHaveLength(2);
    started[1]?.resolve(2);
    expect(await second).toBe(2);
  });

  it('H1: runs in the async context of its own call', async () => {
    const { pipeline: calls, clock, operation, started } = await hedged({ delay: 100 });
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const run = (name: string) =>
      storage.run(name, () =>
        calls.execute(async ({ attempt }) => {
          seen.push([name, attempt, storage.getStore()]);
          return attempt === 1 ? new Promise(() => {}) : name;
        }),
      );
    const both = [run('a'), run('b')];
    await clock.advance(50);
    // Two late calls of two would be an overload.
    const others = Array.from({ length: 3 }, () => calls.execute(operation));
    await clock.advance(50);
    for (const each of started) each.resolve(1);
    await Promise.all(others);
    expect(await Promise.all(both)).toEqual(['a', 'b']);
    expect(seen).toEqual([
      ['a', 1, 'a'],
      ['b', 1, 'b'],
      ['a', 2, 'a'],
      ['b', 2, 'b'],
    ]);
  });
});

describe('which attempt wins', () => {
  it('H2: the hedge, if it is answered first; the other is aborted and its late result discarded', async () => {
    const {
      pipeline: calls,
      clock,
      operation,
      started,
      discarded,
      of,
    } = await hedged({
      delay: 100,
    });
    const call = calls.execute(operation);
    await clock.advance(100);
    started[1]?.resolve('hedge');
    expect(await call).toBe('hedge');
    expect(started[0]?.context.signal.reason).toMatchObject({ name: 'AbortError' });
    expect(started[1]?.context.signal.aborted).toBe(false);
    expect(discarded).toEqual([]);
    started[0]?.resolve('late');
    await clock.advance(0);
    expect(discarded).toEqual(['late']);
    expect(of('attempt')).toMatchObject([
      { attempt: 2, kind: 'hedge', outcome: 'success' },
      { attempt: 1, kind: 'first', outcome: 'cancelled' },
    ]);
    expect(calls.inFlight).toBe(0);
  });

  it('H2: the first, if it is; and of two that are answered at once, the result of one is discarded', async () => {
    const { pipeline: calls, clock, operation, started, discarded } = await hedged({ delay: 100 });
    const call = calls.execute(operation);
    await clock.advance(100);
    started[0]?.resolve('first');
    started[1]?.resolve('hedge');
    expect(await call).toBe('first');
    await clock.advance(0);
    expect(discarded).toEqual(['hedge']);
  });

  it('G4, G9: a listener that aborts the call as its hedge begins finds no second attempt', async () => {
    const { pipeline: calls, clock, operation, started } = await hedged({ delay: 100 });
    const caller = new AbortController();
    calls.on('hedge', () => caller.abort(BROKEN));
    const call = rejectionOf(calls.execute(operation, { signal: caller.signal }));
    await clock.advance(100);
    expect(await call).toBe(BROKEN);
    expect(started.length).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('H2: a failure does not win while another attempt is under way', async () => {
    for (const [failing, other] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { pipeline: calls, clock, operation, started } = await hedged({ delay: 100 });
      const call = follow(calls.execute(operation));
      await clock.advance(100);
      started[failing]?.reject(BROKEN);
      await clock.advance(500);
      expect(call.now).toEqual({ is: 'pending' });
      started[other]?.resolve('good');
      await clock.advance(0);
      expect(call.now).toEqual({ is: 'fulfilled', value: 'good' });
    }
  });

  it('H2: if all fail, the call ends with the error of the first attempt, whichever came first', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { pipeline: calls, clock, operation, started } = await hedged({ delay: 100 });
      const call = rejectionOf(calls.execute(operation));
      await clock.advance(100);
      for (const i of order) started[i]?.reject(i === 0 ? BROKEN : WORSE);
      expect(await call).toBe(BROKEN);
    }
  });

  it('H2: results that `handle` takes for failures lose, and are discarded unless they are the answer', async () => {
    const options = {
      delay: 100,
      handle: (outcome: Outcome) => outcome.kind === 'success' && outcome.value === 'bad',
    };
    for (const [first, second, answer, gone] of [
      ['bad', 'good', 'good', ['bad']],
      ['good', 'bad', 'good', ['bad']],
      ['bad', 'bad', 'bad', ['bad']],
    ] as const) {
      const { pipeline: calls, clock, operation, started, discarded } = await hedged(options);
      const call = calls.execute(operation);
      await clock.advance(100);
      started[1]?.resolve(second);
      await clock.advance(0);
      started[0]?.resolve(first);
      expect(await call).toBe(answer);
      await clock.advance(0);
      expect(discarded).toEqual(first === 'good' || second !== 'good' ? gone : [first]);
    }
  });

  it('H2: an error that the pipeline does not take for a failure wins', async () => {
    const clock = new VirtualClock();
    const policy = hedge({ delay: 100 });
    const isFailure = (outcome: Outcome) => outcome.kind === 'failure' && outcome.error !== WORSE;
    const calls = pipeline({ name: 'calls', clock, isFailure }, policy);
    for (let i = 0; i < 160; i++) await calls.execute(() => 1);
    const operation = byHand(clock);
    const call = rejectionOf(calls.execute(operation));
    await clock.advance(100);
    operation.started[1]?.reject(WORSE);
    expect(await call).toBe(WORSE);
  });

  it('G4: a `handle` that throws ends the call with that error, and the other attempt is aborted', async () => {
    const {
      pipeline: calls,
      clock,
      operation,
      started,
    } = await hedged({
      delay: 100,
      handle: (outcome) => {
        if (outcome.kind === 'failure') throw WORSE;
        return false;
      },
    });
    const call = rejectionOf(calls.execute(operation));
    await clock.advance(100);
    started[1]?.reject(BROKEN);
    expect(await call).toBe(WORSE);
    expect(started[0]?.context.signal.aborted).toBe(true);
    expect(calls.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('G5: the caller can abort while a hedge is awaited, and while it runs', async () => {
    for (const at of [50, 150]) {
      const { pipeline: calls, clock, operation, started } = await hedged({ delay: 100 });
      const caller = new AbortController();
      const call = rejectionOf(calls.execute(operation, { signal: caller.signal }));
      await clock.advance(at);
      caller.abort(WORSE);
      expect(await call).toBe(WORSE);
      expect(started.map(({ context }) => context.signal.reason)).toEqual(started.map(() => WORSE));
      await clock.advance(1_000);
      expect(started).toHaveLength(at < 100 ? 1 : 2);
      expect(clock.pending).toBe(0);
    }
  });

  it('T2: a timeout inside bounds each attempt, one outside the whole call', async () => {
    const inside = await hedged({ delay: 100 }, [timeout(300)]);
    const call = rejectionOf(inside.pipeline.execute(inside.operation));
    await inside.clock.advance(300);
    expect(inside.started).toHaveLength(2);
    await inside.clock.advance(100);
    expect(await call).toMatchObject({ code: 'ERR_TIMEOUT', timeoutMs: 300 });
    const outside = await hedged({ delay: 100 }, [], [timeout(300)]);
    const other = rejectionOf(outside.pipeline.execute(outside.operation));
    await outside.clock.advance(300);
    const error = await other;
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT' });
    expect(outside.started.map(({ context }) => context.signal.reason)).toEqual([error, error]);
  });
});

describe('what forbids a hedge', () => {
  it('H5: a spent budget, which never fails the call', async () => {
    const { pipeline: calls, clock, of } = rig(hedge({ delay: 100 }));
    const operation = byHand(clock);
    const call = calls.execute(operation);
    await clock.advance(100);
    expect(of('hedge_stopped')).toMatchObject([{ reason: 'budget', attempts: 1 }]);
    await clock.advance(1_000);
    expect(of('hedge_stopped')).toHaveLength(1);
    operation.started[0]?.resolve('first');
    expect(await call).toBe('first');
  });

  it('H5: a deadline before which it could not finish', async () => {
    const { pipeline: calls, clock } = rig(timeout(150), hedge({ delay: 100 }));
    const stopped: unknown[] = [];
    calls.on('hedge_stopped', ({ reason }) => stopped.push(reason));
    // A typical call takes 60 ms, and 50 are left.
    for (let i = 0; i < 40; i++) {
      const call = calls.execute(() => sleep(clock, 60));
      await clock.advance(60);
      await call;
    }
    const operation = byHand(clock);
    const call = rejectionOf(calls.execute(operation));
    await clock.advance(150);
    expect(await call).toMatchObject({ code: 'ERR_TIMEOUT' });
    expect(operation.started).toHaveLength(1);
    expect(stopped).toEqual(['deadline']);
  });

  it('H5: a policy inside that refuses it. The first attempt goes on, and the hedge is put back', async () => {
    const {
      pipeline: calls,
      clock,
      operation,
      started,
      of,
      hedge: policy,
    } = await hedged({ delay: 100, maxHedges: 3 }, [bulkhead({ maxConcurrent: 1 })]);
    const { balance } = policy.snapshot();
    const call = calls.execute(operation);
    await clock.advance(1_000);
    expect(of('hedge_stopped')).toMatchObject([{ reason: 'rejected', by: 'bulkhead' }]);
    started[0]?.resolve('first');
    expect(await call).toBe('first');
    expect(policy.snapshot().balance).toBe(balance);
  });

  it('H5: a queue in which it would wait: it takes no place there', async () => {
    const queue = bulkhead({ maxConcurrent: 1, maxQueued: 5 });
    const {
      pipeline: calls,
      clock,
      operation,
      started,
      of,
      hedge: policy,
    } = await hedged({ delay: 100, maxHedges: 3 }, [queue]);
    const { balance } = policy.snapshot();
    const call = calls.execute(operation);
    await clock.advance(1_000);
    expect(of('hedge_stopped')).toMatchObject([{ reason: 'queued', by: undefined }]);
    expect(queue.snapshot()).toMatchObject({ inFlight: 1, queued: 0 });
    expect(policy.snapshot().balance).toBe(balance);
    started[0]?.resolve('first');
    expect(await call).toBe('first');
    expect(started).toHaveLength(1);
  });

  it('H5: half of all calls that take the delay, which is an overload', async () => {
    const {
      pipeline: calls,
      clock,
      operation,
      started,
      of,
    } = await hedged({
      delay: 100,
      maxExtraLoad: 1,
    });
    const all = Array.from({ length: 4 }, () => calls.execute(operation));
    await clock.advance(99);
    for (let i = 0; i < 4; i++) all.push(calls.execute(operation));
    await clock.advance(1);
    // Three of eight are late when the third is asked about, and four when the fourth is.
    expect(of('hedge')).toHaveLength(3);
    expect(of('hedge_stopped')).toMatchObject([{ reason: 'overload' }]);
    await clock.advance(1_000);
    for (const each of started) each.resolve(1);
    await Promise.all(all);
  });

  it('H5: latencies that are twice as long as usual, as a whole', async () => {
    const clock = new VirtualClock();
    const policy = hedge({ delay: 100, maxExtraLoad: 1 });
    const calls = pipeline({ name: 'calls', clock }, policy);
    const stopped: string[] = [];
    calls.on('hedge_stopped', ({ reason }) => stopped.push(reason));
    const run = async (count: number, ms: number) => {
      for (let i = 0; i < count; i++) {
        const call = calls.execute(() => sleep(clock, ms));
        await clock.advance(ms + 1_000);
        await call;
      }
    };
    await run(300, 40);
    await run(40, 400);
    expect(stopped).toContain('overload');
    const { length } = stopped;
    await run(20, 400);
    expect(stopped.length - length).toBe(20);
    // Not for ever: it may be slower for good.
    await run(6_000, 400);
    stopped.length = 0;
    await run(20, 400);
    expect(stopped).not.toContain('overload');
  });

  it('H5: an operation that must not run beside itself, and nobody is told', async () => {
    const { pipeline: calls, clock, started, operation, of } = await hedged({ delay: 100 });
    const call = calls.execute((context) => {
      (context as unknown as { runsAlone(): void }).runsAlone();
      return operation(context);
    });
    await clock.advance(1_000);
    expect(started).toHaveLength(1);
    expect(of('hedge', 'hedge_stopped')).toEqual([]);
    started[0]?.resolve(1);
    await call;
  });
});

describe('what it learns', () => {
  it('H7: attempts that lose to a hedge count as slow, so the percentile follows an upstream that becomes slow', async () => {
    const clock = new VirtualClock();
    const policy = hedge({ maxExtraLoad: 1 });
    const calls = pipeline({ name: 'calls', clock }, policy);
    const run = async (count: number, ms: (attempt: number) => number) => {
      for (let i = 0; i < count; i++) {
        const call = calls.execute(({ attempt }) => sleep(clock, ms(attempt)));
        await clock.advance(1_000);
        await call;
      }
    };
    await run(100, () => 50);
    expect(policy.snapshot().delayMs).toBeLessThan(65);
    // Each first attempt loses, and would have taken 500 ms. All that is seen of it is that it was slower than the delay.
    await run(30, (attempt) => (attempt === 1 ? 500 : 10));
    expect(policy.snapshot().delayMs).toBeGreaterThan(300);
  });

  it('H7: quick failures do not lower it, slow ones raise it', async () => {
    const clock = new VirtualClock();
    const policy = hedge();
    const calls = pipeline({ name: 'calls', clock }, policy);
    const run = async (count: number, ms: number, fails: boolean) => {
      for (let i = 0; i < count; i++) {
        const call = calls.settle(async () => {
          await sleep(clock, ms);
          if (fails) throw BROKEN;
        });
        await clock.advance(ms + 2_000);
        await call;
      }
    };
    await run(100, 50, false);
    const { delayMs } = policy.snapshot();
    await run(500, 1, true);
    expect(policy.snapshot().delayMs).toBe(delayMs);
    await run(30, 500, true);
    expect(policy.snapshot().delayMs).toBeGreaterThan(300);
  });

  it('H7: forgets it when it starts over, and copies learn for themselves', async () => {
    const policy = hedge();
    const calls = keyed(pipeline('calls', policy));
    for (let i = 0; i < 160; i++) await calls.get('a').execute(() => 1);
    const of = (key: string) => calls.get(key).snapshot().policies['hedge'];
    expect(of('a')).toMatchObject({ samples: 20, balance: 1 });
    expect(of('b')).toMatchObject({ samples: 0, balance: 0 });
    startOver(calls);
    expect(of('a')).toEqual({ delayMs: 1_000, samples: 0, balance: 0 });
  });
});

describe('with a breaker or a limiter inside', () => {
  it('H8: an attempt that loses is no failure; if it was slow, a breaker that judges slowness counts it', async () => {
    const breaker = circuitBreaker({ slowCallDuration: 80, slowCallRate: 0.9, minimumCalls: 500 });
    const plain = circuitBreaker({ name: 'plain' });
    const { pipeline: calls, clock } = await hedged({ delay: 100, maxExtraLoad: 1 }, [
      breaker,
      plain,
    ]);
    for (let i = 0; i < 10; i++) {
      const call = calls.execute(({ attempt }) => sleep(clock, attempt === 1 ? 5_000 : 10));
      await clock.advance(110);
      await call;
    }
    expect(breaker.snapshot().window).toEqual({ calls: 220, failures: 0, slow: 10 });
    expect(plain.snapshot().window).toEqual({ calls: 210, failures: 0, slow: 0 });
  });

  it('H8: hedges take the places of probes, and no more than there are', async () => {
    const breaker = circuitBreaker({ probes: 2, openFor: 1_000 });
    const {
      pipeline: calls,
      clock,
      operation,
      started,
      of,
    } = await hedged({ delay: 100, maxHedges: 5, maxExtraLoad: 1 }, [breaker]);
    breaker.trip();
    await clock.advance(2_000);
    const one = calls.execute(operation);
    await clock.advance(1_000);
    expect(breaker.state).toBe('half_open');
    expect(started).toHaveLength(2);
    expect(of('hedge_stopped')).toMatchObject([{ reason: 'rejected', by: 'circuit_breaker' }]);
    const other = await calls.settle(operation);
    expect(other).toMatchObject({ reason: { code: 'ERR_CIRCUIT_OPEN' } });
    // The one that loses gives its place back.
    started[1]?.resolve('hedge');
    expect(await one).toBe('hedge');
    const next = calls.execute(operation);
    await clock.advance(0);
    started[2]?.resolve('next');
    expect(await next).toBe('next');
    expect(breaker.state).toBe('closed');
  });
});

describe('with a retry', () => {
  it('H2: inside a retry, each attempt may be hedged', async () => {
    const { pipeline: calls, clock } = await hedged(
      { delay: 100, maxExtraLoad: 1 },
      [],
      [retry({ maxRetries: 1, initialDelay: 10, jitter: 'none' })],
    );
    const kinds: unknown[] = [];
    calls.on('attempt', ({ attempt, kind, outcome }) => kinds.push([attempt, kind, outcome]));
    const call = calls.execute(async ({ attempt }) => {
      await sleep(clock, attempt < 3 ? 200 : attempt === 3 ? 1_000 : 20);
      if (attempt < 3) throw BROKEN;
      return attempt;
    });
    await clock.advance(2_000);
    expect(await call).toBe(4);
    expect(kinds).toEqual([
      [1, 'first', 'failure'],
      [2, 'hedge', 'failure'],
      [4, 'hedge', 'success'],
      [3, 'retry', 'cancelled'],
    ]);
  });

  it('H2: around a retry, a hedge runs beside the retries', async () => {
    const { pipeline: calls, clock } = await hedged({ delay: 100, maxExtraLoad: 1 }, [
      retry({ maxRetries: 5, initialDelay: 60, jitter: 'none', factor: 1 }),
    ]);
    const call = calls.execute(async ({ attempt }) => {
      await sleep(clock, 10);
      if (attempt !== 3) throw BROKEN;
      return attempt;
    });
    await clock.advance(110);
    expect(await call).toBe(3);
    expect(clock.pending).toBe(0);
  });
});

it('its options are checked by name', () => {
  const wrong = [
    [{ percentile: 95 }, /hedge\.percentile: must be a number between 0\.5 and 0\.999/],
    [{ delay: -1 }, /hedge\.delay/],
    [{ maxHedges: 0 }, /hedge\.maxHedges: must be a whole number >= 1/],
    [{ maxExtraLoad: 5 }, /hedge\.maxExtraLoad: must be a number above 0 and at most 1/],
    [{ budget: { ratio: 1 } }, /hedge\.budget: must be a budget to share with retries/],
    [{ quantile: 0.9 }, /did you mean "percentile"/],
  ] as const;
  for (const [options, message] of wrong) {
    const make = () => hedge(options as never);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  }
});

it('a driver of a user can start hedges, too', async () => {
  const clock = new VirtualClock();
  const own = {
    role: 'driver' as const,
    type: 'own',
    drive: (drive: Drive) => drive.next({ kind: 'hedge' }),
  };
  expect(await pipeline({ name: 'own', clock }, own, retry()).execute(() => 1)).toBe(1);
});
