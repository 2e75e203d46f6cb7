import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type AdaptiveLimiterOptions,
  ConfigError,
  ContractError,
  LimitExceededError,
  pipeline,
  TimeoutError,
  timeout,
} from 'holdfast';
import { describe, expect, it } from 'vitest';
import { bothWays, byHand, follow, rejectionOf, rig } from '../support/rig.js';
import { fixedAt, idle } from './support/limiters.js';

const boom = new Error('boom');

describe.each([
  ['brake', 500],
  ['gradient', 100],
] as const)('with %s', (algorithm, defaultWaitMs) => {
  const fixed = fixedAt(algorithm);

  describe('the queue', () => {
    it('L2: calls above the limit wait, and start first come, first served', async () => {
      const policy = fixed(2, { maxQueued: 10 });
      const { clock, pipeline, of } = rig(policy);
      const operation = byHand(clock);
      const order: number[] = [];
      const made = [0, 1, 2, 3, 4].map((i) =>
        pipeline.execute((context) => {
          order.push(i);
          return operation(context);
        }),
      );
      expect(order).toEqual([0, 1]);
      expect(policy.snapshot()).toMatchObject({ limit: 2, inFlight: 2, queued: 3 });
      expect(of('queued')).toMatchObject([{ queued: 1 }, { queued: 2 }, { queued: 3 }]);
      operation.started[1]?.resolve('b');
      await clock.flush();
      expect(order).toEqual([0, 1, 2]);
      operation.started[2]?.reject(boom);
      operation.started[0]?.resolve('a');
      await clock.flush();
      expect(order).toEqual([0, 1, 2, 3, 4]);
      operation.started[3]?.resolve('d');
      operation.started[4]?.resolve('e');
      await Promise.allSettled(made);
      expect(policy.snapshot()).toEqual(idle(2));
      expect(clock.pending).toBe(0);
    });

    it('L2: a late caller does not take a freed slot ahead of the queue', async () => {
      const { clock, pipeline } = rig(fixed(1, { maxQueued: 2 }));
      const operation = byHand(clock);
      const order: string[] = [];
      const call = (name: string) =>
        pipeline.execute((context) => {
          order.push(name);
          return operation(context);
        });
      const first = call('first');
      const queued = call('queued');
      const late = first.then(() => call('late'));
      operation.started[0]?.resolve(1);
      await clock.flush();
      expect(order).toEqual(['first', 'queued']);
      operation.started[1]?.resolve(2);
      await clock.flush();
      operation.started[2]?.resolve(3);
      await Promise.all([queued, late]);
      expect(order).toEqual(['first', 'queued', 'late']);
    });

    it('L2: a call that has waited for maxWait is refused at that moment, and says so', async () => {
      const policy = fixed(1, { maxQueued: 2, maxWait: '2s' });
      const { clock, pipeline, of } = rig(policy);
      const operation = byHand(clock);
      const first = pipeline.execute(operation);
      const queued = pipeline.execute(operation);
      const ended = follow(queued);
      await clock.advance(1_999);
      expect(ended.now).toEqual({ is: 'pending' });
      await clock.advance(1);
      const error = await rejectionOf(queued);
      expect(error).toBeInstanceOf(LimitExceededError);
      expect(error).toMatchObject({
        message: 'rig: no slot came free within 2 s',
        policy: 'adaptive_limiter',
        pipeline: 'rig',
      });
      expect(of('rejection')).toMatchObject([{ reason: 'limit_exceeded', enforced: true }]);
      operation.started[0]?.resolve(1);
      expect(await first).toBe(1);
      expect(operation.started).toHaveLength(1);
      expect(policy.snapshot()).toEqual(idle(1));
    });

    it(`L2: waits ${defaultWaitMs} ms by default`, async () => {
      const { clock, pipeline } = rig(fixed(1, { maxQueued: 1 }));
      void pipeline.settle(byHand(clock));
      const queued = follow(pipeline.execute(() => 1));
      await clock.advance(defaultWaitMs - 1);
      expect(queued.now).toEqual({ is: 'pending' });
      await clock.advance(1);
      expect(queued.now).toMatchObject({ is: 'rejected' });
    });

    it('L2: while the queue stands, newcomers wait a twentieth; once it was empty, as long as ever', async () => {
      const policy = fixed(1, { maxQueued: 100, maxWait: 100 });
      const { clock, pipeline } = rig(policy);
      const operation = byHand(clock);
      void pipeline.settle(operation);
      /** How long a call that comes now waits. */
      const refusedAfter = async (): Promise<number> => {
        const from = clock.now();
        const error = (await clock.runUntil(rejectionOf(pipeline.execute(operation)))) as Error;
        expect(error.message).toBe(
          `rig: no slot came free within ${clock.now() - from === 5 ? '5 ms' : '100 ms'}`,
        );
        return clock.now() - from;
      };
      expect(await refusedAfter()).toBe(100);
      expect(await refusedAfter()).toBe(100);
      // One waits from now on, and another from in between: it never is empty.
      const others = [pipeline.settle(operation)];
      await clock.advance(60);
      others.push(pipeline.settle(operation));
      await clock.advance(40);
      expect(policy.snapshot().queued).toBe(1);
      expect(await refusedAfter()).toBe(5);
      expect(await refusedAfter()).toBe(5);
      await clock.advance(50);
      await Promise.all(others);
      expect(policy.snapshot().queued).toBe(0);
      expect(await refusedAfter()).toBe(100);
    });

    it('L2, G5: an abort in the queue rejects at that moment, and leaves nothing', async () => {
      const policy = fixed(1, { maxQueued: 2 });
      const { clock, pipeline, of } = rig(policy);
      const operation = byHand(clock);
      const first = pipeline.execute(operation);
      const caller = new AbortController();
      const queued = pipeline.execute(operation, { signal: caller.signal });
      const last = pipeline.execute(operation);
      caller.abort(boom);
      expect(policy.snapshot().queued).toBe(1);
      expect(await rejectionOf(queued)).toBe(boom);
      operation.started[0]?.resolve(1);
      await first;
      await clock.flush();
      operation.started[1]?.resolve(3);
      expect(await last).toBe(3);
      expect(operation.started).toHaveLength(2);
      expect(of('rejection')).toEqual([]);
      expect(policy.snapshot()).toEqual(idle(1));
      expect(clock.pending).toBe(0);
    });

    it('L2: waits for no more than 45% of the time its caller has left, and is refused then', async () => {
      const policy = fixed(1, { maxQueued: 2, maxWait: '10s' });
      const { clock, pipeline } = rig(timeout('1s'), policy);
      const operation = byHand(clock);
      void pipeline.settle(operation);
      await clock.advance(1);
      const queued = follow(pipeline.execute(operation));
      await clock.advance(449);
      expect(queued.now).toEqual({ is: 'pending' });
      await clock.advance(1);
      expect(queued.now).toMatchObject({
        is: 'rejected',
        error: { code: 'ERR_LIMIT_EXCEEDED', message: 'rig: no slot came free within 450 ms' },
      });
      expect(policy.snapshot()).toMatchObject({ inFlight: 1, queued: 0 });
    });

    it('L2: one whose own time is over in the queue leaves it at that moment', async () => {
      const policy = fixed(1, { maxQueued: 2, maxWait: '10s' });
      const { clock, pipeline } = rig(policy);
      const operation = byHand(clock);
      void pipeline.settle(operation);
      const caller = new AbortController();
      const queued = follow(pipeline.execute(operation, { signal: caller.signal }));
      await clock.advance(1_000);
      expect(policy.snapshot()).toMatchObject({ inFlight: 1, queued: 1 });
      caller.abort(new DOMException('too late', 'TimeoutError'));
      await clock.flush();
      expect(queued.now).toMatchObject({ is: 'rejected', error: { name: 'TimeoutError' } });
      expect(policy.snapshot()).toMatchObject({ inFlight: 1, queued: 0 });
    });

    it('G3: an abort between admission and start gives the slot to the next', async () => {
      const policy = fixed(1, { maxQueued: 2 });
      const { clock, pipeline } = rig(policy);
      const operation = byHand(clock);
      void pipeline.settle(operation);
      const caller = new AbortController();
      const admitted = rejectionOf(pipeline.execute(operation, { signal: caller.signal }));
      const next = pipeline.execute(operation);
      operation.started[0]?.resolve(1);
      while (policy.snapshot().queued === 2) await undefined;
      caller.abort(boom);
      expect(await admitted).toBe(boom);
      await clock.flush();
      expect(operation.started).toHaveLength(2);
      operation.started[1]?.resolve(3);
      expect(await next).toBe(3);
      expect(policy.snapshot()).toEqual(idle(1));
    });
  });

  describe('priority', () => {
    /** A pipeline whose calls are as important as they say, with one call that holds the only slot. */
    function ranked(options: AdaptiveLimiterOptions) {
      const level = new AsyncLocalStorage<number>();
      const policy = fixed(1, { maxQueued: 3, priority: () => level.getStore() ?? 0, ...options });
      const made = rig(policy);
      const operation = byHand(made.clock);
      const first = made.pipeline.execute(operation);
      const order: string[] = [];
      const call = (name: string, at: number) =>
        level.run(at, () => made.pipeline.settle(() => order.push(name)));
      return { ...made, policy, operation, first, order, call };
    }

    it('L2: more important calls are served first, equals first come, first served', async () => {
      const { clock, operation, first, order, call } = ranked({ maxQueued: 10 });
      const made = [
        call('low 1', 1),
        call('high 1', 5),
        call('low 2', 1),
        call('middle', 3),
        call('high 2', 5),
        call('lowest', -Infinity),
      ];
      operation.started[0]?.resolve(1);
      await first;
      await clock.flush();
      await Promise.all(made);
      expect(order).toEqual(['high 1', 'high 2', 'middle', 'low 1', 'low 2', 'lowest']);
    });

    it('L2: in a full queue one takes the place of the newest of the least important', async () => {
      const { clock, policy, operation, first, order, call, of } = ranked({ maxQueued: 3 });
      const low = [call('low 1', 1), call('low 2', 1)];
      const middle = call('middle', 3);
      // As important as the least: no reason to send that away.
      expect(await call('low 3', 1)).toMatchObject({
        reason: {
          message:
            'rig: all slots (limit now: 1, maxLimit: 1), and all places in the queue (maxQueued: 3) are taken',
        },
      });
      const high = call('high', 5);
      expect(policy.snapshot().queued).toBe(3);
      const displaced = await low[1];
      expect(displaced).toMatchObject({
        status: 'rejected',
        reason: {
          message: 'rig: a more important call took its place in the queue',
          code: 'ERR_LIMIT_EXCEEDED',
          policy: 'adaptive_limiter',
        },
      });
      expect(of('rejection')).toHaveLength(2);
      operation.started[0]?.resolve(1);
      await first;
      await Promise.all([...low, middle, high]);
      expect(order).toEqual(['high', 'middle', 'low 1']);
      expect(policy.snapshot()).toEqual(idle(1));
      expect(clock.pending).toBe(0);
    });

    it('L2: who is more important than all that wait has all the time there is, also while the queue stands', async () => {
      const { clock, order, call } = ranked({ maxQueued: 10, maxWait: 100 });
      void call('low', 1);
      await clock.advance(60);
      void call('low', 1);
      await clock.advance(40);
      const low = follow(call('low', 1));
      const high = follow(call('high', 2));
      const second = follow(call('high', 2));
      await clock.advance(5);
      expect(low.now).toMatchObject({ is: 'fulfilled' });
      expect(second.now).toMatchObject({ is: 'fulfilled' });
      await clock.advance(94);
      expect(high.now).toEqual({ is: 'pending' });
      await clock.advance(1);
      expect(high.now).toMatchObject({ is: 'fulfilled', value: { status: 'rejected' } });
      expect(order).toEqual([]);
    });

    it('L2: it is not asked where there is a slot, nor in a dry run', async () => {
      let asked = 0;
      const priority = () => ++asked;
      const { pipeline } = rig(fixed(1, { maxQueued: 1, priority }));
      await pipeline.execute(() => 1);
      const dry = rig(fixed(1, { maxQueued: 1, priority, dryRun: true })).pipeline;
      await dry.execute(() => dry.execute(() => dry.execute(() => 1)));
      expect(asked).toBe(0);
    });

    it('G4: one that throws, or answers something else, ends the call with that and takes nothing', async () => {
      const mustReturn =
        'priority must return one of highest, high, normal, low, lowest, a number, or undefined';
      for (const [priority, error] of [
        [
          () => {
            throw boom;
          },
          boom,
        ],
        [() => Number.NaN, `${mustReturn} (returned NaN)`],
        [() => 'urgent', `${mustReturn} (returned "urgent")`],
        [
          () => Promise.reject(boom),
          'priority returned a promise: it must return a class or a number at once',
        ],
      ] as const) {
        const policy = fixed(1, { maxQueued: 1, priority: priority as () => number });
        const { clock, pipeline } = rig(policy);
        const operation = byHand(clock);
        const first = pipeline.execute(operation);
        const thrown = await rejectionOf(pipeline.execute(operation));
        if (typeof error === 'string') {
          expect(thrown).toBeInstanceOf(ContractError);
          expect(thrown).toMatchObject({ message: error });
        } else {
          expect(thrown).toBe(error);
        }
        operation.started[0]?.resolve(1);
        await first;
        expect(policy.snapshot()).toEqual(idle(1));
      }
    });

    it('G11: one that ends the call in the only slot lets its own call in', async () => {
      const caller = new AbortController();
      const policy = fixed(1, {
        maxQueued: 1,
        releaseOnAbandon: true,
        priority: () => {
          caller.abort();
          return 1;
        },
      });
      const { pipeline } = rig(policy);
      void pipeline.settle(() => new Promise(() => {}), { signal: caller.signal });
      expect(await pipeline.execute(() => 'in')).toBe('in');
      expect(policy.snapshot()).toEqual(idle(1));
    });
  });

  describe('a slot', () => {
    it('L2: is held until the operation really settles, also after a timeout gave up on it', async () => {
      for (const late of ['resolve', 'reject'] as const) {
        const policy = fixed(1);
        const { clock, pipeline } = rig(timeout('1s'), policy);
        const operation = byHand(clock);
        const call = rejectionOf(pipeline.execute(operation));
        await clock.advance('1s');
        expect(await call).toBeInstanceOf(TimeoutError);
        expect(policy.snapshot().inFlight).toBe(1);
        expect(policy.busy()).toBe(true);
        expect(await rejectionOf(pipeline.execute(operation))).toBeInstanceOf(LimitExceededError);
        operation.started[0]?.[late](boom);
        await clock.flush();
        expect(policy.snapshot()).toEqual(idle(1));
        expect(policy.busy()).toBe(false);
      }
    });

    it('L2: is given back when the call is given up, with releaseOnAbandon, and not again later', async () => {
      const policy = fixed(1, { releaseOnAbandon: true });
      const { clock, pipeline } = rig(timeout('1s'), policy);
      const operation = byHand(clock);
      const call = pipeline.settle(operation);
      await clock.advance('1s');
      await call;
      expect(policy.snapshot()).toEqual(idle(1));
      const second = pipeline.execute(operation);
      operation.started[0]?.resolve('late');
      await clock.flush();
      expect(policy.snapshot().inFlight).toBe(1);
      operation.started[1]?.resolve('good');
      expect(await second).toBe('good');
      expect(policy.snapshot()).toEqual(idle(1));
    });
  });

  bothWays('adaptiveLimiter', ({ fail, succeed }) => {
    it('G3: every end gives the slot back', async () => {
      const policy = fixed(1);
      const { pipeline } = rig(policy);
      expect(await pipeline.execute(() => succeed(1))).toBe(1);
      expect(await rejectionOf(pipeline.execute(() => fail(boom)))).toBe(boom);
      expect(await rejectionOf(pipeline.execute(() => fail(undefined)))).toBe(undefined);
      expect(policy.snapshot()).toEqual(idle(1));
    });

    it('G11: an operation that calls the same pipeline again works, or is refused', async () => {
      const { pipeline } = rig(fixed(2));
      expect(await pipeline.execute(() => pipeline.execute(() => succeed('inner')))).toBe('inner');
      const one = rig(fixed(1)).pipeline;
      const refused = one.execute(() => one.execute(() => succeed('inner')));
      expect(await rejectionOf(refused)).toBeInstanceOf(LimitExceededError);
    });

    it('G4: a filter that throws ends the call with that error, and the slot is given back', async () => {
      const policy = fixed(1, {
        maxQueued: 1,
        handle: () => {
          throw boom;
        },
      });
      const { pipeline } = rig(policy);
      expect(await rejectionOf(pipeline.execute(() => succeed(1)))).toBe(boom);
      expect(await rejectionOf(pipeline.execute(() => fail('other')))).toBe(boom);
      expect(policy.snapshot()).toEqual(idle(1));
    });
  });

  it('L2: at the limit, and without a queue, it refuses and says how high the limit is', async () => {
    const { clock, pipeline, of } = rig(fixed(2));
    const operation = byHand(clock);
    for (let i = 0; i < 2; i++) void pipeline.settle(operation);
    const error = await rejectionOf(pipeline.execute(operation));
    expect(error).toBeInstanceOf(LimitExceededError);
    expect(error).toMatchObject({
      message: 'rig: all slots (limit now: 2, maxLimit: 2) are taken',
      code: 'ERR_LIMIT_EXCEEDED',
      reason: 'limit_exceeded',
      pipeline: 'rig',
      policy: 'adaptive_limiter',
      retryAfter: undefined,
    });
    expect(of('rejection')).toMatchObject([
      { reason: 'limit_exceeded', enforced: true, policy: 'adaptive_limiter' },
    ]);
    expect(operation.started).toHaveLength(2);
  });

  it('G12: a rejection carries a stack only where the pipeline says so, also after a wait', async () => {
    for (const captureStack of [false, true]) {
      const { clock } = rig();
      const policy = fixed(1, { maxQueued: 1, maxWait: 10 });
      const made = pipeline({ name: 'stacks', clock, captureStack }, policy);
      void made.settle(() => new Promise(() => {}));
      const waited = rejectionOf(made.execute(() => 1));
      const refused = (await rejectionOf(made.execute(() => 1))) as Error;
      await clock.advance(10);
      const both = [refused, (await waited) as Error];
      for (const { stack } of both) expect(stack?.includes('    at ')).toBe(captureStack);
    }
  });

  it('L2: a dry run refuses nothing, and reports what it would have refused', async () => {
    const policy = fixed(1, { maxQueued: 2, dryRun: true });
    const { clock, pipeline, of } = rig(policy);
    const operation = byHand(clock);
    const made = [1, 2, 3, 4, 5].map(() => pipeline.execute(operation));
    expect(operation.started).toHaveLength(5);
    // One has a slot and two would wait in the queue.
    expect(of('rejection')).toMatchObject([
      { reason: 'limit_exceeded', enforced: false },
      { reason: 'limit_exceeded', enforced: false },
    ]);
    expect(policy.snapshot()).toMatchObject({ limit: 1, inFlight: 5, queued: 0 });
    for (const started of operation.started) started.resolve('good');
    expect(await Promise.all(made)).toEqual(Array.from({ length: 5 }, () => 'good'));
    expect(policy.snapshot()).toEqual(idle(1));
  });

  it('L2: one instance in two pipelines bounds both together', async () => {
    const policy = fixed(1, { maxQueued: 1 });
    const { clock, pipeline: one } = rig(policy);
    const other = pipeline({ name: 'other', clock }, policy);
    const operation = byHand(clock);
    const first = one.execute(operation);
    const second = other.execute(operation);
    expect(operation.started).toHaveLength(1);
    operation.started[0]?.resolve(1);
    await first;
    await clock.flush();
    operation.started[1]?.resolve(2);
    expect(await second).toBe(2);
    expect(policy.snapshot()).toEqual(idle(1));
  });

  it('L2: pipelines that share one have the same clock, as the time for which its queue has stood is that of one', () => {
    const policy = fixed(1, { maxQueued: 1 });
    rig(policy);
    const other = () => rig(policy);
    expect(other).toThrow(ConfigError);
    expect(other).toThrow(
      /^adaptiveLimiter: already runs on another clock.*or each its own limiter$/,
    );
    expect(() => rig(policy.fork())).not.toThrow();
  });
});
