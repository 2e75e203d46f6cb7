import {
  adaptiveLimiter,
  bulkhead,
  handleWhenResult,
  keyed,
  type Outcome,
  pipeline,
  RejectedError,
  retry,
  timeout,
} from 'holdfast';
import { describe, expect, it } from 'vitest';
import { byHand, rig } from '../support/rig.js';
import { calls, fixedAt, idle } from './support/limiters.js';

const boom = new Error('boom');

const fixed = fixedAt('gradient');

describe('the limit', () => {
  it('L2: shrinks below what is in flight without aborting anything, and lets waiters in as it grows', async () => {
    const policy = adaptiveLimiter({
      algorithm: 'aimd',
      initialLimit: 20,
      maxQueued: 100,
      maxWait: '1h',
      handle: handleWhenResult((result) => result === 'busy'),
    });
    const { clock, pipeline } = rig(policy);
    const operation = byHand(clock);
    const made = Array.from({ length: 100 }, () => pipeline.settle(operation));
    let ended = 0;
    const end = async (count: number, result: string): Promise<void> => {
      for (const last = ended + count; ended < last; ended++)
        operation.started[ended]?.resolve(result);
      await clock.flush();
    };
    await end(19, 'busy');
    expect(policy.snapshot()).toMatchObject({ limit: 20, inFlight: 20, queued: 61 });
    await end(1, 'busy');
    expect(policy.snapshot()).toMatchObject({ limit: 10, inFlight: 19, queued: 61 });
    expect(operation.started.some(({ context }) => context.signal.aborted)).toBe(false);
    await end(9, 'good');
    expect(policy.snapshot()).toMatchObject({ limit: 10, inFlight: 10, queued: 61 });
    await end(1, 'good');
    expect(policy.snapshot()).toMatchObject({ limit: 10, inFlight: 10, queued: 60 });
    while (policy.snapshot().limit === 10) await end(1, 'good');
    expect(policy.snapshot()).toMatchObject({ limit: 11, inFlight: 11 });
    while (ended < 100) await end(1, 'good');
    await Promise.all(made);
    expect(policy.snapshot()).toMatchObject({ inFlight: 0, queued: 0 });
    expect(clock.pending).toBe(0);
  });

  it('L2, T2: timeouts shrink it, inside and outside', async () => {
    for (const outside of [true, false]) {
      const policy = adaptiveLimiter({ algorithm: 'aimd', releaseOnAbandon: true });
      const made = outside ? rig(timeout('1s'), policy) : rig(policy, timeout('1s'));
      await calls(made, policy, 100, 2_000);
      expect(policy.snapshot().limit).toBeLessThan(20);
    }
  });

  it.each([
    // Those that wait for a second are served, and then nothing is missing any more.
    [5, [{}, { maxQueued: 5, maxWait: 1 }], true],
    [1, [{ maxQueued: 5, maxWait: '1s' }], false],
    [0, [{}], false],
  ] as const)(
    'L2: of calls that end together, it is the bottleneck where others found no slot before (%d of them)',
    async (more, queues, isBottleneck) => {
      for (const queue of queues) {
        const policy = adaptiveLimiter({ algorithm: 'gradient', maxLimit: 20, ...queue });
        const { clock, pipeline } = rig(policy);
        let low = 20;
        for (let i = 0; i < 60; i++) {
          for (let j = 0; j < 20 + more; j++) {
            void pipeline.settle(
              () => new Promise<void>((resolve) => clock.setTimer(() => resolve(), 50)),
            );
          }
          await clock.runAll();
          low = Math.min(low, policy.snapshot().limit);
        }
        // Half of it, to measure.
        expect(low).toBe(isBottleneck ? 10 : 20);
      }
    },
  );

  it('L2: quick failures are neither quick answers nor overload', async () => {
    const policy = adaptiveLimiter({ algorithm: 'gradient' });
    const made = rig(policy);
    await calls(made, policy, 2_000, 1, () => {
      throw boom;
    });
    expect(policy.snapshot()).toEqual(idle(20));
    await calls(made, policy, 400, 50);
    const { limit, unloadedMs } = policy.snapshot();
    expect(unloadedMs).toBeCloseTo(50);
    await calls(made, policy, 2_000, 1, () => {
      throw boom;
    });
    expect(policy.snapshot()).toMatchObject({ limit, unloadedMs });
  });

  it('L2: handle says what overload is, of errors and of results', async () => {
    const busy = new Error('busy');
    for (const [handle, end] of [
      [
        (outcome: Outcome) => outcome.kind === 'failure' && outcome.error === busy,
        () => Promise.reject(busy),
      ],
      [handleWhenResult((status) => status === 503), () => 503],
    ] as const) {
      const policy = adaptiveLimiter({ algorithm: 'aimd', handle });
      const made = rig(policy);
      await calls(made, policy, 100, 10);
      expect(policy.snapshot().limit).toBeGreaterThan(20);
      await calls(made, policy, 300, 10, end);
      expect(policy.snapshot().limit).toBeLessThan(6);
    }
  });

  it('L2, G5: calls that are given up, and rejections by policies inside, are no samples', async () => {
    for (const algorithm of ['gradient', 'aimd'] as const) {
      const policy = adaptiveLimiter({ algorithm });
      const made = rig(policy, bulkhead({ maxConcurrent: 1 }));
      const holding = byHand(made.clock);
      void made.pipeline.settle(holding);
      for (let i = 0; i < 200; i++) await made.pipeline.settle(() => 1);
      expect(policy.snapshot()).toMatchObject({ limit: 20, unloadedMs: undefined });
      const alone = adaptiveLimiter({ algorithm });
      const { pipeline } = rig(alone);
      for (let i = 0; i < 200; i++) {
        const caller = new AbortController();
        const given = Array.from({ length: 20 }, () =>
          pipeline.settle(
            ({ signal }) =>
              new Promise((_, reject) => signal.addEventListener('abort', () => reject(boom))),
            { signal: caller.signal },
          ),
        );
        caller.abort();
        await Promise.all(given);
      }
      expect(alone.snapshot()).toMatchObject({ limit: 20, inFlight: 0, unloadedMs: undefined });
    }
    const remote = adaptiveLimiter({ algorithm: 'aimd' });
    const made = rig(remote);
    await calls(made, remote, 200, 10, () => {
      throw new RejectedError('of a pipeline inside');
    });
    expect(remote.snapshot().limit).toBe(20);
  });

  it('L2: the time in the queue is not part of the latency', async () => {
    const policy = fixed(20, { maxQueued: 1_000, maxWait: '1h' });
    const { clock, pipeline } = rig(policy);
    const made = Array.from({ length: 400 }, () =>
      pipeline.execute(() => new Promise((resolve) => clock.setTimer(() => resolve(1), 50))),
    );
    await clock.runAll();
    await Promise.all(made);
    expect(policy.snapshot().unloadedMs).toBeCloseTo(50);
  });

  it('L2: an idle hour changes nothing', async () => {
    const policy = adaptiveLimiter({ algorithm: 'gradient' });
    const made = rig(policy);
    await calls(made, policy, 400, 50);
    const before = policy.snapshot();
    await made.clock.advance('1h');
    expect(policy.snapshot()).toEqual(before);
    await calls(made, policy, 60, 50);
    expect(policy.snapshot().limit).toBeGreaterThanOrEqual(before.limit);
  });

  it('L2: attempts are counted one by one inside a retry', async () => {
    const policy = fixed(1);
    const { pipeline } = rig(retry({ maxRetries: 2, backoff: () => 0 }), policy);
    let attempts = 0;
    const made = pipeline.execute(() => (++attempts < 3 ? Promise.reject(boom) : 'good'));
    expect(await made).toBe('good');
    expect(policy.snapshot()).toEqual(idle(1));
  });
});

it('G13: a clock that goes back, stands still or leaps harms nothing', async () => {
  let now = 5_000;
  const readings = [3_000, Number.NaN, 5_000, 1e15, -1e15, 4_000, 7_000];
  const clock = {
    now: () => now,
    wallNow: () => now,
    setTimer: () => undefined,
    clearTimer: () => {},
  };
  const policy = adaptiveLimiter({ algorithm: 'gradient' });
  const made = pipeline({ name: 'leaps', clock }, policy);
  for (let i = 0; i < 5_000; i++) {
    await made.execute(() => {
      now = readings[i % readings.length] as number;
      return 1;
    });
    const { limit, inFlight } = policy.snapshot();
    expect(inFlight).toBe(0);
    expect(limit).toBe(20);
  }
});

it('L2: copies, by fork or by key, find their limits each for itself', async () => {
  const template = adaptiveLimiter({ algorithm: 'gradient' });
  const copy = template.fork();
  const made = rig(copy);
  await calls(made, copy, 400, 50);
  expect(copy.snapshot().limit).toBeGreaterThan(20);
  expect(template.snapshot()).toEqual(idle(20));
  expect(copy.fork().snapshot()).toEqual(idle(20));
  const byHost = keyed(pipeline('hosts', fixed(1)));
  const inside = byHost.execute('a', () => byHost.execute('b', () => 'free'));
  expect(await inside).toBe('free');
});
