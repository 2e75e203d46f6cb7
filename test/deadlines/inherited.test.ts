import {
  bulkhead,
  type CallTraits,
  circuitBreaker,
  deadlineFrom,
  detached,
  fallback,
  type Gate,
  keyed,
  pipeline,
  RejectedError,
  rateLimiter,
  retry,
  runWithin,
  systemClock,
  TimeoutError,
  timeLeft,
  timeout,
} from 'holdfast';
import { startOver, VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { seam } from '../../src/pipeline/inherited.js';
import { byHand, follow, rejectionOf, rig } from '../policies/support/rig.js';

const delays = { initialDelay: 0, maxDelay: 0 };

/** A gate that notes what calls say of themselves. */
function watching(): Gate & { readonly seen: (CallTraits | undefined)[] } {
  const seen: (CallTraits | undefined)[] = [];
  return {
    role: 'gate',
    type: 'watching',
    seen,
    enter: ({ traits }) => {
      seen.push(traits);
      return undefined;
    },
    exit: () => {},
  };
}

describe('D1: calls give up at the deadline that they inherit', () => {
  it('D1: execute, settle and wrap, however deep, all at once', async () => {
    const { clock, pipeline: outer, events } = rig(retry(delays));
    const inner = pipeline({ name: 'inner', clock }, timeout('5s'));
    const operation = byHand(clock);
    const ends: [string, number, unknown][] = [];
    const note = (name: string, call: Promise<unknown>) =>
      call.then(
        (value) => ends.push([name, clock.now(), value]),
        (error: unknown) => ends.push([name, clock.now(), error]),
      );
    const deadline = clock.now() + 50;
    runWithin({ deadline, clock }, () => {
      note('execute', outer.execute(operation));
      note('wrap', inner.wrap(operation)());
      note('settle', inner.settle(operation));
      note(
        'nested',
        outer.execute(async () => {
          await Promise.resolve();
          return inner.execute(operation);
        }),
      );
    });
    await clock.advance(49);
    expect(operation.started).toHaveLength(4);
    expect(operation.started.map(({ context }) => context.deadline)).toEqual(
      Array(4).fill(deadline),
    );
    expect(ends).toEqual([]);
    await clock.advance(1);
    expect(ends.map(([name, at]) => [name, at])).toEqual(
      expect.arrayContaining([
        ['execute', deadline],
        ['wrap', deadline],
        ['settle', deadline],
        ['nested', deadline],
      ]),
    );
    const error = ends.find(([name]) => name === 'execute')?.[2];
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      message: 'rig: timed out at the deadline of its caller, after 50 ms',
      policy: 'inherited_deadline',
      pipeline: 'rig',
      timeoutMs: 50,
    });
    expect(operation.started.every(({ context }) => context.signal.aborted)).toBe(true);
    expect(events.filter(({ type }) => type === 'timeout')).toMatchObject([
      { policy: 'inherited_deadline' },
      { policy: 'inherited_deadline' },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('D1: and the nearest of all limits wins', async () => {
    const { clock, pipeline } = rig(timeout({ duration: 30, name: 'total' }));
    const operation = byHand(clock);
    const policyAt = async (inherited: number, options?: object) => {
      const deadline = clock.now() + inherited;
      const call = rejectionOf(
        runWithin({ deadline, clock }, () => pipeline.execute(operation, options)),
      );
      await clock.advance(60);
      return ((await call) as TimeoutError).policy;
    };
    expect(await policyAt(20)).toBe('inherited_deadline');
    expect(await policyAt(40)).toBe('total');
    expect(await policyAt(20, { timeout: 10 })).toBe('call_timeout');
    expect(await policyAt(20, { timeout: 25 })).toBe('inherited_deadline');
    expect(await policyAt(20, { deadline: clock.now() + 10 })).toBe('call_timeout');
    expect(await policyAt(20, { deadline: clock.now() + 25 })).toBe('inherited_deadline');
    expect(await policyAt(20, { deadline: Infinity })).toBe('inherited_deadline');
    expect(await policyAt(20, { signal: new AbortController().signal })).toBe('inherited_deadline');
  });

  it('D1: a nested one can only be nearer, and ends with its function', () => {
    const clock = new VirtualClock();
    const left: number[] = [];
    const note = () => left.push(timeLeft());
    note();
    runWithin({ timeout: 100, clock }, () => {
      note();
      runWithin({ timeout: 500, clock }, note);
      runWithin({ deadline: clock.now() + 20, timeout: 30, clock }, note);
      runWithin(Infinity, note);
      runWithin({ priority: 'low' }, note);
      detached(note);
      note();
    });
    note();
    expect(left).toEqual([Infinity, 100, 100, 20, 100, 100, Infinity, 100, Infinity]);
  });

  it('D1: a pipeline with another clock has the time that is left', async () => {
    const { clock, pipeline } = rig();
    const operation = byHand(clock);
    const call = rejectionOf(runWithin({ timeout: '1m' }, () => pipeline.execute(operation)));
    const left = (operation.started[0]?.context.timeLeft ?? 0) / 1000;
    expect(left).toBeGreaterThan(50);
    expect(left).toBeLessThanOrEqual(60);
    await clock.advance(60_001);
    expect(await call).toMatchObject({ policy: 'inherited_deadline' });
  });

  it('D1: a call after it does not reach its operation, and says whose deadline it was', async () => {
    const { clock, pipeline, events } = rig(fallback(() => 'instead'));
    const operation = byHand(clock);
    const late = { deadline: clock.now(), clock };
    const error = await rejectionOf(runWithin(late, () => pipeline.execute(operation)));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      message: 'rig: the deadline that it inherited from its caller had passed before it began',
      policy: 'inherited_deadline',
      timeoutMs: 0,
    });
    const own = await rejectionOf(
      runWithin({ timeout: 50, clock }, () =>
        pipeline.execute(operation, { deadline: clock.now() - 1 }),
      ),
    );
    expect(own).toMatchObject({
      message: 'rig: its deadline had passed before it began',
      policy: 'call_timeout',
    });
    expect(operation.started).toEqual([]);
    expect(events.map(({ type, policy }) => `${type} ${policy}`)).toEqual([
      'timeout inherited_deadline',
      'call undefined',
      'timeout call_timeout',
      'call undefined',
    ]);
  });

  it('D1: copies of a keyed pipeline, and calls that wait in a queue, too', async () => {
    const { clock, pipeline } = rig(bulkhead({ maxConcurrent: 1, maxQueued: 5 }));
    const copies = keyed(pipeline);
    const operation = byHand(clock);
    const calls = runWithin({ timeout: 20, clock }, () =>
      [1, 2, 3].map(() => rejectionOf(copies.get('a').execute(operation))),
    );
    expect(operation.started).toHaveLength(1);
    await clock.advance(20);
    expect(await Promise.all(calls)).toMatchObject(Array(3).fill({ policy: 'inherited_deadline' }));
    expect(copies.get('a').snapshot()).toMatchObject({ inFlight: 0 });
  });

  it('D1: drain goes on refusing calls within a deadline', async () => {
    const { clock, pipeline } = rig();
    await pipeline.drain();
    const error = await rejectionOf(
      runWithin({ timeout: 20, clock }, () => pipeline.execute(() => 1)),
    );
    expect(error).toMatchObject({ code: 'ERR_DRAINING' });
  });

  it('D1: a retry or a wait that would come after it is not begun', async () => {
    const { clock, pipeline, of } = rig(
      retry({ initialDelay: 100, jitter: 'none', maxRetries: 3 }),
      rateLimiter({ limit: 1, per: '1s', maxWait: '10s' }),
    );
    const operation = byHand(clock);
    const call = follow(runWithin({ timeout: 80, clock }, () => pipeline.execute(operation)));
    operation.started[0]?.reject(new Error('boom'));
    await clock.advance(0);
    expect(call.now).toMatchObject({ error: { message: 'boom' } });
    expect(of('retry_stopped')).toMatchObject([{ reason: 'deadline' }]);
    const queued = rejectionOf(
      runWithin({ timeout: 80, clock }, () => pipeline.execute(operation)),
    );
    expect(await queued).toMatchObject({ code: 'ERR_RATE_LIMITED' });
  });
});

it('D1: a request that says nothing changes nothing, neither outside of a deadline nor within one', () => {
  const clock = new VirtualClock();
  let plans = 0;
  runWithin(Infinity, () => {});
  const { bind } = seam;
  seam.bind = (...told) => {
    plans++;
    return bind?.(...told);
  };
  const calls = pipelineWith(clock);
  runWithin(Infinity, () => void calls.execute(() => 1));
  expect(plans).toBe(0);
  runWithin({ timeout: 20, priority: 'low', clock }, () => {
    runWithin({}, () => expect(timeLeft()).toBe(20));
    runWithin(Infinity, () => void calls.execute(() => 1));
  });
  expect(plans).toBe(1);
  if (bind !== undefined) seam.bind = bind;
});

describe('D2: leaving', () => {
  it('D2: detached work inherits nothing, whatever it starts', async () => {
    const { clock, pipeline } = rig();
    const gate = watching();
    const other = pipelineWith(clock, gate);
    const operation = byHand(clock);
    const call = runWithin({ timeout: 20, priority: 'low', clock }, () =>
      detached(async () => {
        await Promise.resolve();
        void other.execute(() => 1);
        return pipeline.execute(operation);
      }),
    );
    await clock.advance(1000);
    expect(operation.started[0]?.context.deadline).toBe(Infinity);
    expect(gate.seen).toEqual([undefined]);
    operation.started[0]?.resolve(7);
    expect(await call).toBe(7);
  });

  it('D2: outside of any deadline nothing changes', () => {
    expect(detached(() => 5)).toBe(5);
    expect(timeLeft()).toBe(Infinity);
  });
});

function pipelineWith(clock: VirtualClock, ...gates: Gate[]) {
  return pipeline({ name: 'with', clock }, ...gates);
}

describe('D3: priority', () => {
  it('D3: is inherited, unless the call says one itself', async () => {
    const gate = watching();
    const clock = new VirtualClock();
    const calls = pipelineWith(clock, gate);
    await runWithin({ priority: 'low' }, async () => {
      await calls.execute(() => 1);
      await calls.execute(() => 1, { cost: 3 });
      await calls.execute(() => 1, { priority: 'highest', timeout: 50 });
      await runWithin({ timeout: 50, clock }, () => calls.execute(() => 1));
      await runWithin({ priority: 'high' }, () => calls.execute(() => 1));
    });
    await calls.execute(() => 1);
    expect(gate.seen).toEqual([
      { priority: 'low', cost: undefined },
      { priority: 'low', cost: 3 },
      { priority: 'highest', cost: undefined },
      { priority: 'low', cost: undefined },
      { priority: 'high', cost: undefined },
      undefined,
    ]);
  });
});

describe('D4: an attempt that has too little time left is not begun', () => {
  /** Makes calls with ample time that take so long. */
  async function learn(
    { clock, pipeline }: ReturnType<typeof rig>,
    durationMs: number,
    times = 8,
  ): Promise<void> {
    const operation = byHand<unknown>(clock);
    for (let i = 0; i < times; i++) {
      const call = runWithin({ timeout: '1h', clock }, () => pipeline.execute(operation));
      await clock.advance(durationMs);
      operation.started[i]?.resolve(i);
      await call;
    }
  }

  it('D4: it is refused at once when less is left than the last successes took', async () => {
    const made = rig(retry(delays), circuitBreaker());
    const { clock, pipeline, of } = made;
    await learn(made, 100);
    const operation = byHand(clock);
    const error = await rejectionOf(
      runWithin({ timeout: 60, clock }, () => pipeline.execute(operation)),
    );
    expect(operation.started).toEqual([]);
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).not.toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      message: 'rig: 60 ms are left, and attempts take longer of late',
      reason: 'deadline',
      policy: 'deadline',
      pipeline: 'rig',
    });
    expect(of('rejection', 'retry', 'timeout')).toMatchObject([
      { type: 'rejection', reason: 'deadline', policy: 'deadline' },
    ]);
    const own = await rejectionOf(pipeline.execute(operation, { timeout: 60 }));
    expect(own).toMatchObject({ reason: 'deadline' });
    const later = await rejectionOf(pipeline.execute(operation, { deadline: clock.now() + 60 }));
    expect(later).toMatchObject({ reason: 'deadline' });
    expect(operation.started).toEqual([]);
    const enough = runWithin({ timeout: 101, clock }, () => pipeline.execute(operation));
    operation.started[0]?.resolve('done');
    expect(await enough).toBe('done');
  });

  it('D4: nothing is refused before eight successes are known, and calls without a deadline never are', async () => {
    const made = rig();
    const { clock, pipeline } = made;
    await learn(made, 100, 7);
    const operation = byHand(clock);
    const short = () =>
      rejectionOf(runWithin({ timeout: 10, clock }, () => pipeline.execute(operation)));
    const call = short();
    expect(operation.started).toHaveLength(1);
    await clock.advance(10);
    expect(await call).toMatchObject({ policy: 'inherited_deadline' });
    await learn(made, 100, 1);
    expect(await short()).toMatchObject({ reason: 'deadline' });
    void pipeline.execute(operation);
    expect(operation.started).toHaveLength(2);
  });

  it('D4: failures, aborts and ignored outcomes teach nothing', async () => {
    const clock = new VirtualClock();
    const judged = pipeline({
      name: 'judged',
      clock,
      isFailure: (outcome) =>
        outcome.kind === 'success' ? (outcome.value === 'skip' ? 'ignore' : !outcome.value) : true,
    });
    const operation = byHand<unknown>(clock);
    for (const end of [false, 'skip', 'throw', 'abort']) {
      for (let i = 0; i < 10; i++) {
        const aborts = new AbortController();
        const call = runWithin({ timeout: '1h', clock }, () =>
          judged.settle(operation, { signal: aborts.signal }),
        );
        await clock.advance(100);
        const started = operation.started.at(-1);
        if (end === 'throw') started?.reject(new Error('boom'));
        else if (end === 'abort') aborts.abort();
        else started?.resolve(end);
        await call;
      }
    }
    const count = operation.started.length;
    void runWithin({ timeout: 10, clock }, () => judged.settle(operation));
    expect(operation.started).toHaveLength(count + 1);
    await clock.advance(10);
  });

  it('D4: a wait may have taken the time: it is refused after it, and breakers and retries see no failure', async () => {
    const made = rig(retry(delays), circuitBreaker(), bulkhead({ maxConcurrent: 1, maxQueued: 5 }));
    const { clock, pipeline, of } = made;
    await learn(made, 100);
    const operation = byHand<unknown>(clock);
    const first = pipeline.execute(operation);
    const second = follow(runWithin({ timeout: 150, clock }, () => pipeline.execute(operation)));
    await clock.advance(60);
    operation.started[0]?.resolve('first');
    await first;
    await clock.advance(0);
    expect(second.now).toMatchObject({ error: { reason: 'deadline', policy: 'deadline' } });
    expect(operation.started).toHaveLength(1);
    expect(of('retry', 'transition')).toEqual([]);
    expect(pipeline.snapshot()).toMatchObject({
      inFlight: 0,
      policies: { bulkhead: { inFlight: 0, queued: 0 } },
    });
  });

  it('D4: a retry that has too little time is not begun, and the call ends with its last real error', async () => {
    const made = rig(retry({ ...delays, budget: false }));
    const { clock, pipeline, of } = made;
    await learn(made, 100);
    const operation = byHand<unknown>(clock);
    const call = follow(runWithin({ timeout: 150, clock }, () => pipeline.execute(operation)));
    await clock.advance(60);
    operation.started[0]?.reject(new Error('boom'));
    await clock.advance(0);
    expect(call.now).toMatchObject({ error: { message: 'boom' } });
    expect(operation.started).toHaveLength(1);
    expect(of('retry_stopped')).toMatchObject([{ reason: 'rejected', by: 'deadline' }]);
  });

  it('D4: it doubts itself, so it never refuses for ever', async () => {
    const made = rig();
    const { clock, pipeline } = made;
    await learn(made, 1000);
    const operation = byHand(clock);
    const settled = () => runWithin({ timeout: 100, clock }, () => pipeline.settle(operation));
    let refused = 0;
    while (operation.started.length === 0 && refused < 1000) {
      void settled();
      await clock.advance(0);
      if (operation.started.length === 0) refused++;
    }
    expect(refused).toBeGreaterThan(20);
    expect(refused).toBeLessThan(60);
    await clock.advance(100);
    await learn(made, 1000);
    await clock.advance(180_000);
    void settled();
    expect(operation.started).toHaveLength(2);
    await clock.advance(100);
  });

  it('D4: quick calls are let in again, though there are as many slow ones beside them', async () => {
    const { clock, pipeline } = rig();
    const call = async (durationMs: number, timeout: number): Promise<string> => {
      const operation = () => new Promise<void>((end) => clock.setTimer(end, durationMs));
      const called = runWithin({ timeout, clock }, () => pipeline.settle(operation));
      await clock.advance(durationMs);
      return (await called).status;
    };
    for (let i = 0; i < 20; i++) await call(5_000, 20_000);
    const statuses: string[] = [];
    for (let i = 0; i < 100; i++) {
      await call(5_000, 20_000);
      statuses.push(await call(1, 1_000));
    }
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill('rejected'));
    expect(statuses.slice(-50)).toEqual(Array(50).fill('fulfilled'));
  });

  it('D4: one that was begun in spite of it, and was not over in time, is no reason to begin more', async () => {
    const made = rig();
    const { clock, pipeline } = made;
    await learn(made, 1000);
    const operation = byHand(clock);
    for (let i = 0; i < 100; i++) {
      void runWithin({ timeout: 100, clock }, () => pipeline.settle(operation));
      await clock.advance(100);
    }
    expect(operation.started.length).toBeGreaterThan(0);
    expect(operation.started.length).toBeLessThan(5);
  });

  it('D4: startOver forgets how long attempts took', async () => {
    const made = rig();
    await learn(made, 100);
    const operation = byHand(made.clock);
    const short = () =>
      void runWithin({ timeout: 10, clock: made.clock }, () => made.pipeline.settle(operation));
    short();
    expect(operation.started).toHaveLength(0);
    startOver(made.pipeline);
    short();
    expect(operation.started).toHaveLength(1);
    await made.clock.advance(10);
  });

  it('D4: pipelines learn apart', async () => {
    const made = rig();
    await learn(made, 100);
    const { clock } = made;
    const copies = keyed(pipeline({ name: 'other', clock }, bulkhead()));
    const operation = byHand(clock);
    for (const key of ['a', 'b']) {
      void runWithin({ timeout: 10, clock }, () => copies.get(key).settle(operation));
    }
    expect(operation.started).toHaveLength(2);
    await clock.advance(10);
  });
});

describe('D5: wrong arguments', () => {
  it.each([
    [Number.NaN, 'runWithin.deadline'],
    [Date.now() + 500, 'runWithin.deadline'],
    [{ deadline: '5' }, 'runWithin.deadline'],
    [{ timeout: -1 }, 'runWithin.timeout'],
    [{ timeout: Infinity }, 'runWithin.timeout'],
    [{ priority: 'urgent' }, 'runWithin.priority'],
    [{ clock: {} }, 'runWithin.clock'],
    [{ deadlin: 5 }, 'runWithin.deadlin'],
    [null, 'runWithin'],
    ['5s', 'runWithin'],
  ])('D5: %o is a ConfigError that names it', (within, path) => {
    let ran = false;
    expect(() =>
      runWithin(within as number, () => {
        ran = true;
      }),
    ).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', path }));
    expect(ran).toBe(false);
  });

  it('D5: a clock that counts as the wall clock does has such times', () => {
    const clock = new VirtualClock({ start: Date.now() });
    expect(runWithin({ deadline: clock.now() + 500, clock }, timeLeft)).toBe(500);
    const deadline = deadlineFrom({ 'grpc-timeout': '1S' }, { clock, receivedAt: clock.now() });
    expect(deadline).toBe(clock.now() + 1000);
  });

  it('D5: what is no function is a TypeError, and what the function throws is thrown', () => {
    expect(() => runWithin(systemClock.now(), undefined as never)).toThrow(TypeError);
    expect(() => detached(undefined as never)).toThrow(TypeError);
    const error = new Error('boom');
    const thrower = () => {
      throw error;
    };
    expect(() => runWithin(systemClock.now(), thrower)).toThrow(error);
    expect(timeLeft()).toBe(Infinity);
  });
});
