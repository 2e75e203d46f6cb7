import { type DiagLogger, diag } from '@opentelemetry/api';
import type { Outcome } from 'holdfast';
import {
  BulkheadFullError,
  bulkhead,
  ConfigError,
  ConstantBackoff,
  ContractError,
  fallback,
  handleType,
  keyed,
  pipeline,
  RejectedError,
  retry,
  ThrottledError,
  TimeoutError,
  throttle,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { gate } from '../../pipeline/support/layers.js';
import { bothWays, byHand, rejectionOf, rig } from '../support/rig.js';
import { DOWN, throttled } from './support.js';

afterEach(() => diag.disable());

describe('throttle: what it refuses', () => {
  it('L3: refuses a call when chance is below max(0, (requests - K x accepts) / (requests + 1))', async () => {
    for (const [chance, refuses] of [
      [0, true],
      [0.3199, true],
      [0.32, false],
      [0.9, false],
    ] as const) {
      const all = throttled();
      await all.accept(8);
      await all.fail(16);
      // (24 - 2 x 8) / 25
      expect(all.policy.snapshot()).toEqual({
        requests: 24,
        inFlight: 0,
        accepts: 8,
        probability: 0.32,
      });
      all.chance = chance;
      let ran = false;
      const result = await all.pipeline.settle(() => {
        ran = true;
      });
      expect(result.status === 'rejected').toBe(refuses);
      expect(ran).toBe(!refuses);
    }
  });

  it('L3: says how many are not sent and what to do, and not how long: nobody knows that', async () => {
    const all = throttled();
    await all.fail(3);
    all.chance = 0;
    const error = await rejectionOf(all.pipeline.execute(() => 1));
    expect(error).toBeInstanceOf(ThrottledError);
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({
      message:
        'rig: the upstream refuses too many calls, so 75% of them are not sent; try elsewhere, or later',
      code: 'ERR_THROTTLED',
      reason: 'throttled',
      pipeline: 'rig',
      policy: 'throttle',
      retryAfter: undefined,
    });
    expect(all.of('rejection')).toMatchObject([
      { reason: 'throttled', enforced: true, policy: 'throttle', retryAfter: undefined },
    ]);
  });

  it('the message never says that none or all are refused', async () => {
    const almostAll = throttled({ maxProbability: 0.9999 });
    await almostAll.fail(2_000);
    almostAll.chance = 0;
    expect(await rejectionOf(almostAll.pipeline.execute(() => 1))).toMatchObject({
      message: expect.stringContaining('so 99% of them'),
    });
    const hardlyAny = throttled();
    await hardlyAny.accept(500);
    await hardlyAny.fail(502);
    expect(hardlyAny.policy.snapshot().probability).toBe(2 / 1_003);
    hardlyAny.chance = 0;
    expect(await rejectionOf(hardlyAny.pipeline.execute(() => 1))).toMatchObject({
      message: expect.stringContaining('so 1% of them'),
    });
  });

  it('L3: counts the calls it refused among the requests', async () => {
    const all = throttled();
    await all.fail(1);
    all.chance = 0;
    for (let i = 2; i < 5; i++) {
      await rejectionOf(all.pipeline.execute(() => 1));
      expect(all.policy.snapshot()).toEqual({
        requests: i,
        inFlight: 0,
        accepts: 0,
        probability: i / (i + 1),
      });
    }
  });

  it('L3: the probability never exceeds maxProbability', async () => {
    const all = throttled({ maxProbability: 0.75 });
    await all.fail(100);
    expect(all.policy.snapshot().probability).toBe(0.75);
    all.chance = 0.75;
    expect(await all.pipeline.execute(() => 'let in')).toBe('let in');
    all.chance = 0.7499;
    expect(await rejectionOf(all.pipeline.execute(() => 1))).toBeInstanceOf(ThrottledError);
  });

  it('L3: a smaller K refuses sooner', async () => {
    const all = throttled({ requestsPerAccept: 1.5 });
    await all.accept(6);
    await all.fail(4);
    expect(all.policy.snapshot().probability).toBe(1 / 11);
  });

  it('draws no number while nothing would be refused', async () => {
    const all = throttled();
    all.chance = 0;
    await all.accept(10);
    await all.fail(10);
    await all.accept(1);
    expect(all.policy.snapshot().probability).toBe(0);
    expect(all.draws).toBe(0);
    await all.fail(2);
    await rejectionOf(all.pipeline.execute(() => 1));
    expect(all.draws).toBe(1);
  });

  it('refuses nothing while the window holds fewer than minimumCalls, 20 by default', async () => {
    const all = throttled({ minimumCalls: undefined });
    all.chance = 0;
    await all.fail(19);
    expect(all.policy.snapshot()).toMatchObject({ requests: 19, probability: 0 });
    await all.fail(1);
    expect(all.policy.snapshot()).toMatchObject({ requests: 20, probability: 0.9 });
    expect(await rejectionOf(all.pipeline.execute(() => 1))).toBeInstanceOf(ThrottledError);
  });

  it('a crowd of calls at once, before any could end, is let in', async () => {
    const { clock, policy, pipeline, draws } = throttled();
    const operation = byHand(clock);
    const calls = Array.from({ length: 500 }, () => pipeline.execute(operation));
    expect(operation.started).toHaveLength(500);
    expect(policy.snapshot()).toEqual({
      requests: 500,
      inFlight: 500,
      accepts: 0,
      probability: 0,
    });
    for (const { resolve } of operation.started) resolve(1);
    await Promise.all(calls);
    expect(policy.snapshot()).toMatchObject({ requests: 500, inFlight: 0, accepts: 500 });
    expect(draws).toBe(0);
  });

  it('L3: the window moves with time: what is older counts no more', async () => {
    const all = throttled({ window: '10s' });
    await all.fail(10);
    await all.clock.advance('9s');
    expect(all.policy.snapshot()).toMatchObject({ requests: 10, probability: 0.9 });
    await all.clock.advance('1s');
    expect(all.policy.snapshot()).toEqual({
      requests: 0,
      inFlight: 0,
      accepts: 0,
      probability: 0,
    });
    all.chance = 0;
    expect(await all.pipeline.execute(() => 'good')).toBe('good');
    // Nobody has asked meanwhile: the call itself moves it.
    await all.clock.advance('10s');
    all.chance = 0.999_999;
    await all.fail(10);
    await all.clock.advance('10s');
    all.chance = 0;
    expect(await all.pipeline.execute(() => 'good')).toBe('good');
  });

  it('G12: a rejection carries a stack only where the pipeline says so', async () => {
    for (const captureStack of [false, true]) {
      const policy = throttle({ minimumCalls: 1, random: () => 0 });
      const made = pipeline({ name: 'stacks', captureStack }, policy);
      await made.settle(() => Promise.reject(DOWN));
      const { stack } = (await rejectionOf(made.execute(() => 1))) as Error;
      expect(stack?.includes('    at ')).toBe(captureStack);
    }
  });
});

bothWays('throttle: what counts', ({ fail, succeed }) => {
  const after = (policy: ReturnType<typeof throttle>) => {
    const { requests, accepts } = policy.snapshot();
    return { requests, accepts };
  };

  it('L3: a result is an accept, an error is none', async () => {
    const { pipeline, policy } = throttled();
    await pipeline.execute(() => succeed(1));
    expect(after(policy)).toEqual({ requests: 1, accepts: 1 });
    await pipeline.settle(() => fail(DOWN));
    expect(after(policy)).toEqual({ requests: 2, accepts: 1 });
  });

  it('L3: with a handle, what it says yes to is none, and everything else is one', async () => {
    class Overloaded extends Error {}
    const byClass = throttled({ handle: handleType(Overloaded) });
    await byClass.pipeline.settle(() => fail(new Error('404')));
    expect(after(byClass.policy)).toEqual({ requests: 1, accepts: 1 });
    await byClass.pipeline.settle(() => fail(new Overloaded()));
    expect(after(byClass.policy)).toEqual({ requests: 2, accepts: 1 });
    const byResult = throttled({
      handle: (outcome: Outcome<number>) => outcome.kind === 'success' && outcome.value === 503,
    });
    await byResult.pipeline.execute(() => succeed(200));
    await byResult.pipeline.execute(() => succeed(503));
    expect(after(byResult.policy)).toEqual({ requests: 2, accepts: 1 });
  });

  it('a fault in the client’s own set-up says nothing of the upstream, unless handle says so', async () => {
    for (const fault of [new ConfigError('no backoff'), new ContractError('async filter')]) {
      const plain = throttled();
      await plain.pipeline.settle(() => fail(fault));
      expect(after(plain.policy)).toEqual({ requests: 0, accepts: 0 });
      const asked = throttled({ handle: ({ kind }) => kind === 'failure' });
      await asked.pipeline.settle(() => fail(fault));
      expect(after(asked.policy)).toEqual({ requests: 1, accepts: 0 });
    }
  });

  it('G4: a handle that throws ends the call with its error, and the call is taken back', async () => {
    const broken = new TypeError('broken');
    for (const operation of [() => succeed(1), () => fail(DOWN)]) {
      const { pipeline, policy } = throttled({
        handle: () => {
          throw broken;
        },
      });
      expect(await rejectionOf(pipeline.execute(operation))).toBe(broken);
      expect(policy.snapshot()).toEqual({ requests: 0, inFlight: 0, accepts: 0, probability: 0 });
    }
  });
});

describe('throttle: what counts', () => {
  it('L3, T2: a timeout, inside or outside, is no accept', async () => {
    for (const outside of [false, true]) {
      const policy = throttle({ minimumCalls: 1 });
      const { clock, pipeline } = outside ? rig(timeout('1s'), policy) : rig(policy, timeout('1s'));
      const late = rejectionOf(pipeline.execute(() => new Promise(() => {})));
      await clock.advance('1s');
      expect(await late).toBeInstanceOf(TimeoutError);
      expect(policy.snapshot()).toMatchObject({ requests: 1, inFlight: 0, accepts: 0 });
    }
  });

  it('G5: a timeout outside while it waits, and the caller’s abort, leave no trace, whatever handle says', async () => {
    for (const handle of [undefined, () => true]) {
      const policy = throttle({ minimumCalls: 1, handle });
      const queue = gate({ enter: () => new Promise(() => {}) });
      const { clock, pipeline } = rig(timeout('1s'), policy, queue);
      const late = pipeline.settle(() => new Promise(() => {}));
      const caller = new AbortController();
      const aborted = pipeline.settle(() => new Promise(() => {}), { signal: caller.signal });
      expect(policy.snapshot()).toMatchObject({ requests: 2, inFlight: 2 });
      caller.abort();
      await aborted;
      expect(policy.snapshot()).toMatchObject({ requests: 1, inFlight: 1 });
      await clock.advance('1s');
      await late;
      expect(policy.snapshot()).toEqual({ requests: 0, inFlight: 0, accepts: 0, probability: 0 });
    }
  });

  it('G5: aborted beforehand, the call does not come this far', async () => {
    const all = throttled();
    await all.fail(5);
    all.chance = 0;
    const reason = new Error('gone');
    const signal = AbortSignal.abort(reason);
    expect(await rejectionOf(all.pipeline.execute(() => 1, { signal }))).toBe(reason);
    expect(all.policy.snapshot().requests).toBe(5);
    expect(all.of('rejection')).toEqual([]);
  });

  it('a rejection by a policy inside leaves no trace, unless handle says yes to it', async () => {
    for (const [handle, requests] of [
      [undefined, 1],
      [() => false, 1],
      [({ kind }: Outcome) => kind === 'rejected', 2],
    ] as const) {
      const policy = throttle({ minimumCalls: 1, handle });
      const { clock, pipeline } = rig(policy, bulkhead({ maxConcurrent: 1 }));
      const operation = byHand(clock);
      const first = pipeline.execute(operation);
      expect(await rejectionOf(pipeline.execute(operation))).toBeInstanceOf(BulkheadFullError);
      operation.started[0]?.resolve(1);
      await first;
      expect(policy.snapshot()).toMatchObject({ requests, inFlight: 0, accepts: 1 });
    }
  });

  it('a late result of a call that was given up changes nothing', async () => {
    const policy = throttle({ minimumCalls: 1 });
    const { clock, pipeline } = rig(timeout('1s'), policy);
    const operation = byHand(clock);
    const given = [pipeline.settle(operation), pipeline.settle(operation)];
    await clock.advance('1s');
    await Promise.all(given);
    const before = policy.snapshot();
    expect(before).toMatchObject({ requests: 2, inFlight: 0, accepts: 0 });
    operation.started[0]?.resolve(1);
    operation.started[1]?.reject(DOWN);
    await clock.flush();
    expect(policy.snapshot()).toEqual(before);
  });

  it('G11: a handle may make calls of the same pipeline', async () => {
    const nested: Promise<unknown>[] = [];
    const all = throttled({
      handle: ({ kind }) => {
        if (kind === 'failure') nested.push(all.pipeline.execute(() => 1));
        return kind === 'failure';
      },
    });
    await all.fail(1);
    await Promise.all(nested);
    expect(all.policy.snapshot()).toMatchObject({ requests: 2, inFlight: 0, accepts: 1 });
  });
});

describe('throttle: among other policies', () => {
  /** A policy that refuses all it can. */
  const refusing = () => throttle({ minimumCalls: 1, random: () => 0 });

  it('a fallback around it answers for what it refuses', async () => {
    const { pipeline } = rig(fallback('spare'), refusing());
    expect(await pipeline.execute(() => Promise.reject(DOWN))).toBe('spare');
    let ran = false;
    const answer = await pipeline.execute(() => {
      ran = true;
      return 'real';
    });
    expect([answer, ran]).toEqual(['spare', false]);
  });

  it('R2, R7: a retry around it does not repeat what it refuses', async () => {
    const { clock, pipeline, of } = rig(
      retry({ maxRetries: 5, backoff: new ConstantBackoff(10) }),
      refusing(),
    );
    let calls = 0;
    const call = rejectionOf(
      pipeline.execute(() => {
        calls++;
        return Promise.reject(DOWN);
      }),
    );
    await clock.runAll();
    const error = await call;
    expect(error).toBe(DOWN);
    expect(of('retry_stopped')).toMatchObject([{ reason: 'rejected', by: 'throttle' }]);
    expect(of('rejection')).toHaveLength(1);
    expect(calls).toBe(1);
  });

  it('with a retry around it, each attempt is a request', async () => {
    const policy = throttle();
    const { clock, pipeline } = rig(
      retry({ maxRetries: 2, backoff: new ConstantBackoff(10) }),
      policy,
    );
    const call = pipeline.settle(() => Promise.reject(DOWN));
    await clock.runAll();
    await call;
    expect(policy.snapshot()).toMatchObject({ requests: 3, accepts: 0 });
  });
});

describe('throttle: dry run', () => {
  it('B11: lets all in, and reports what it would have refused', async () => {
    const all = throttled({ dryRun: true });
    await all.fail(1);
    all.chance = 0;
    expect(await all.pipeline.execute(() => 'good')).toBe('good');
    expect(await rejectionOf(all.pipeline.execute(() => Promise.reject(DOWN)))).toBe(DOWN);
    expect(all.of('rejection')).toMatchObject([
      { reason: 'throttled', enforced: false, policy: 'throttle' },
      { reason: 'throttled', enforced: false },
    ]);
    all.pipeline.dispose();
    expect(await all.pipeline.execute(() => 'unheard')).toBe('unheard');
  });

  it('B11: counts as it would have: a call it would have refused is refused, however it ends', async () => {
    const real = throttled();
    const dry = throttled({ dryRun: true });
    for (const all of [real, dry]) {
      await all.fail(2);
      all.chance = 0;
      await all.pipeline.settle(() => 1);
      const caller = new AbortController();
      const call = all.pipeline.settle(() => new Promise(() => {}), { signal: caller.signal });
      caller.abort();
      await call;
      all.chance = 0.999;
      await all.accept(3);
    }
    expect(dry.policy.snapshot()).toEqual(real.policy.snapshot());
    expect(dry.policy.snapshot()).toEqual({
      requests: 7,
      inFlight: 0,
      accepts: 3,
      probability: 1 / 8,
    });
  });
});

describe('throttle: its state', () => {
  it('snapshot() is plain JSON, also before it has a clock', () => {
    const policy = throttle();
    const empty = { requests: 0, inFlight: 0, accepts: 0, probability: 0 };
    expect(policy.snapshot()).toEqual(empty);
    expect(policy.busy()).toBe(false);
    const { pipeline } = rig(policy);
    expect(pipeline.snapshot().policies).toEqual({ throttle: empty });
  });

  it('asked before it has a clock, its window moves with the one that it gets', async () => {
    // On the system clock it is later than 0.
    const policy = throttle({ window: 10 });
    policy.snapshot();
    const { clock, pipeline } = rig(policy);
    await pipeline.settle(() => Promise.reject(DOWN));
    await clock.advance(10);
    expect(policy.snapshot().requests).toBe(0);
  });

  it('one in two pipelines knows the calls of both; a copy knows only its own', async () => {
    const policy = throttle({ minimumCalls: 1, random: () => 0 });
    const clock = new VirtualClock();
    const reads = pipeline({ name: 'reads', clock }, policy);
    const writes = pipeline({ name: 'writes', clock }, policy);
    await reads.settle(() => Promise.reject(DOWN));
    expect(await rejectionOf(writes.execute(() => 1))).toBeInstanceOf(ThrottledError);
    const copy = pipeline({ name: 'copy', clock }, policy.fork());
    expect(await copy.execute(() => 'free')).toBe('free');
    await copy.settle(() => Promise.reject(DOWN));
    await copy.settle(() => Promise.reject(DOWN));
    // The copy has the same options.
    expect(await rejectionOf(copy.execute(() => 1))).toBeInstanceOf(ThrottledError);
  });

  it('keyed copies each have their own, and one that refuses calls is not dropped', async () => {
    const clock = new VirtualClock();
    const template = pipeline(
      { name: 'hosts', clock },
      throttle({ minimumCalls: 1, random: () => 0 }),
    );
    const byHost = keyed(template, { maxKeys: 1 });
    await byHost.settle('a', () => Promise.reject(DOWN));
    expect(await byHost.execute('b', () => 1)).toBe(1);
    expect(await byHost.execute('c', () => 1)).toBe(1);
    expect([...byHost.keys()].sort()).toEqual(['a', 'c']);
    expect(await rejectionOf(byHost.execute('a', () => 1))).toBeInstanceOf(ThrottledError);
    await clock.advance('2m');
    await byHost.execute('c', () => 1);
    expect([...byHost.keys()]).toEqual(['c']);
  });

  it('is refused on a second clock: its window has one time', () => {
    const policy = throttle();
    const clock = new VirtualClock();
    pipeline({ name: 'a', clock }, policy);
    pipeline({ name: 'b', clock }, policy);
    const other = () => pipeline({ name: 'c', clock: new VirtualClock() }, policy);
    expect(other).toThrow(ConfigError);
    expect(other).toThrow(/^throttle: already runs on another clock/);
  });

  it('a random that throws or returns nonsense is reported, and Math.random stands in', async () => {
    const faults: unknown[] = [];
    const log = () => {};
    const logger: DiagLogger = {
      error: (...args) => faults.push(args),
      warn: log,
      info: log,
      debug: log,
      verbose: log,
    };
    diag.setLogger(logger);
    const thrower = () => {
      throw new Error('no chance');
    };
    for (const random of [thrower, () => Number.NaN, () => 1, () => '0' as unknown as number]) {
      const made = rig(throttle({ minimumCalls: 1, random })).pipeline;
      await made.settle(() => Promise.reject(DOWN));
      faults.length = 0;
      const result = await made.settle(() => 1);
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ThrottledError);
      expect(faults).toMatchObject([[expect.stringContaining('throttle.random'), {}]]);
    }
  });
});

describe('throttle: time', () => {
  it('G13: a clock that stands still keeps nothing from recovering', async () => {
    const all = throttled();
    await all.fail(50);
    all.chance = 0.95;
    await all.accept(50);
    expect(all.clock.now()).toBe(0);
    expect(all.policy.snapshot().probability).toBe(0);
  });

  it('G13: a clock that jumps ahead empties the window; one that goes back refuses no more than before', async () => {
    let now = 1_000_000;
    const clock = {
      now: () => now,
      wallNow: () => now,
      setTimer: () => undefined,
      clearTimer: () => {},
    };
    const policy = throttle({ minimumCalls: 1, random: () => 0.95 });
    const made = pipeline({ name: 'p', clock }, policy);
    const fail = () => made.settle(() => Promise.reject(DOWN));
    await fail();
    await fail();
    now -= 3_600_000;
    expect(policy.snapshot()).toMatchObject({ requests: 2, probability: 2 / 3 });
    await fail();
    await made.execute(() => 1);
    await made.execute(() => 1);
    expect(policy.snapshot()).toMatchObject({ requests: 5, accepts: 2, probability: 1 / 6 });
    await made.execute(() => 1);
    expect(policy.snapshot().probability).toBe(0);
    now += 36_000_000;
    expect(policy.snapshot()).toMatchObject({ requests: 0, probability: 0 });
  });

  it('G13: the wall clock plays no part', async () => {
    const all = throttled();
    await all.fail(10);
    all.clock.jumpWall(3_600_000);
    expect(all.policy.snapshot().requests).toBe(10);
    all.clock.jumpWall(-7_200_000);
    expect(all.policy.snapshot().requests).toBe(10);
  });
});
