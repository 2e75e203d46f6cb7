import {
  adaptiveLimiter,
  bulkhead,
  handleWhenResult,
  keyed,
  type Outcome,
  pipeline,
  retry,
  timeout,
} from 'holdfast';
import { describe, expect, it } from 'vitest';
import { byHand, follow, rejectionOf, rig } from '../../support/rig.js';
import { seeded } from '../support/closed-loop.js';

type Made = ReturnType<typeof rig>;

/** Calls that hang until they are given up, so many at a time, until the brake is hard on. */
async function brakes(
  { clock, pipeline }: Made,
  policy: ReturnType<typeof adaptiveLimiter>,
): Promise<void> {
  for (let i = 0; i < 12; i++) {
    const hang = Array.from({ length: 4 }, () => pipeline.settle(() => new Promise(() => {})));
    await clock.advance('1s');
    await Promise.all(hang);
  }
  expect(policy.snapshot()).toMatchObject({ limit: 1, inFlight: 0, queued: 0 });
}

const answer = (clock: Made['clock'], ms: number) => () =>
  new Promise((resolve) => clock.setTimer(() => resolve('good'), ms));

describe('a healthy upstream', () => {
  it('L2: a burst of 500 calls loses none, at first and after a quiet hour, also one that followed trouble', async () => {
    const policy = adaptiveLimiter({ releaseOnAbandon: true });
    const made = rig(timeout('1s'), policy);
    const { clock, pipeline, of } = made;
    const burst = async (): Promise<void> => {
      const results = Array.from({ length: 500 }, () => pipeline.settle(answer(clock, 300)));
      await clock.advance(300);
      for (const { status } of await Promise.all(results)) expect(status).toBe('fulfilled');
    };
    await burst();
    await clock.advance('1h');
    await burst();
    await brakes(made, policy);
    const refused = of('rejection').length;
    await clock.advance('1h');
    await burst();
    expect(of('rejection')).toHaveLength(refused);
    expect(of('queued').length).toBeLessThan(60);
  });

  it('L2: one that becomes slower for good, but takes less than half of the time that callers have, is never braked', async () => {
    const policy = adaptiveLimiter();
    const { clock, pipeline, events } = rig(timeout('1s'), policy);
    for (const ms of [20, 400, 20, 490, 5]) {
      for (let i = 0; i < 20; i++) {
        const made = Array.from({ length: 50 }, () => pipeline.execute(answer(clock, ms)));
        await clock.advance(ms);
        await Promise.all(made);
      }
      expect(policy.snapshot().limit).toBe(10_000);
    }
    expect(events.filter(({ type }) => type === 'queued' || type === 'rejection')).toEqual([]);
  });

  it('L2: one server of eight that swallows its requests loses hardly any call to the limit', async () => {
    for (const seed of [1, 2, 3]) {
      const policy = adaptiveLimiter();
      const { clock, pipeline, of } = rig(timeout('1s'), policy);
      const random = seeded(seed);
      const calls = 4_000;
      for (let i = 0; i < calls; i++) {
        const isBad = random() < 1 / 8;
        void pipeline.settle(({ signal }) =>
          isBad
            ? new Promise((_, reject) =>
                signal.addEventListener('abort', () => reject(signal.reason)),
              )
            : answer(clock, 20)(),
        );
        await clock.advance(-Math.log(1 - random()) * 10);
      }
      expect(of('rejection').length / calls).toBeLessThan(0.005);
      await clock.runAll();
    }
  });
});

describe('an upstream in trouble', () => {
  it("L2: one that hangs is found out when half of the callers' time is over, before any timeout, and the limit is cut from what is in flight", async () => {
    const policy = adaptiveLimiter();
    const { clock, pipeline } = rig(timeout('1s'), policy);
    const operation = byHand(clock);
    for (let i = 0; i < 100; i++) void pipeline.settle(operation);
    await clock.advance(500);
    void pipeline.settle(operation);
    expect(policy.snapshot()).toMatchObject({ limit: 10_000, inFlight: 101, queued: 0 });
    await clock.advance(1);
    const late = follow(pipeline.execute(operation));
    const { limit, inFlight, queued } = policy.snapshot();
    expect([inFlight, queued]).toEqual([101, 1]);
    expect(limit).toBeGreaterThanOrEqual(50);
    expect(limit).toBeLessThanOrEqual(81);
    expect(late.now).toEqual({ is: 'pending' });
    // Nothing is aborted for that.
    expect(operation.started.every(({ context }) => !context.signal.aborted)).toBe(true);
  });

  it('L2: it is back within a few useful answers, and lets go altogether 30 s after the last cut', async () => {
    const policy = adaptiveLimiter({ releaseOnAbandon: true });
    const made = rig(timeout('1s'), policy);
    const { clock, pipeline } = made;
    await brakes(made, policy);
    await clock.advance('2s');
    for (const limit of [2, 3, 4]) {
      const all = Array.from({ length: policy.snapshot().limit }, () =>
        pipeline.execute(answer(clock, 20)),
      );
      await clock.advance(20);
      await Promise.all(all);
      expect(policy.snapshot().limit).toBeGreaterThanOrEqual(limit);
    }
    await clock.advance('26s');
    expect(policy.snapshot().limit).toBeLessThan(10);
    await clock.advance('4s');
    expect(policy.snapshot()).toEqual({
      limit: 10_000,
      inFlight: 0,
      queued: 0,
      kept: 0,
      unloadedMs: undefined,
    });
  });

  it('L2: answers that handle calls signs of overload are enough, however quick they are', async () => {
    for (const [handle, end] of [
      [handleWhenResult((status) => status === 503), () => Promise.resolve(503)],
      [({ kind }: Outcome) => kind === 'failure', () => Promise.reject(new Error('busy'))],
    ] as const) {
      const policy = adaptiveLimiter({ handle });
      const { clock, pipeline } = rig(timeout('1s'), policy);
      for (let i = 0; i < 20; i++) {
        await pipeline.settle(end);
        await clock.advance(5);
      }
      expect(policy.snapshot().limit).toBe(1);
    }
  });

  it('L2: quick failures that are none, and rejections by policies inside, change nothing', async () => {
    const policy = adaptiveLimiter();
    const { clock, pipeline } = rig(timeout('1s'), policy, bulkhead({ maxConcurrent: 1 }));
    void pipeline.settle(() => new Promise(() => {}));
    for (let i = 0; i < 200; i++) await pipeline.settle(() => 1);
    const other = adaptiveLimiter();
    const failing = rig(timeout('1s'), other).pipeline;
    for (let i = 0; i < 200; i++) await failing.settle(() => Promise.reject(new Error('no')));
    expect(policy.snapshot().limit).toBe(10_000);
    expect(other.snapshot().limit).toBe(10_000);
    await clock.runAll();
  });

  it('L2, G5: callers that change their minds early say nothing; those who have waited in vain for too long do', async () => {
    for (const [afterMs, isBraked] of [
      [100, false],
      [600, true],
    ] as const) {
      const policy = adaptiveLimiter({ releaseOnAbandon: true });
      const { clock, pipeline } = rig(timeout('1s'), policy);
      for (let i = 0; i < 30; i++) {
        const caller = new AbortController();
        const given = pipeline.settle(() => new Promise(() => {}), { signal: caller.signal });
        await clock.advance(afterMs);
        caller.abort();
        await given;
      }
      expect(policy.snapshot().limit < 10_000).toBe(isBraked);
    }
  });

  it('L2: without a deadline, calls that take five times as long as usual are useless', async () => {
    const policy = adaptiveLimiter();
    const { clock, pipeline } = rig(policy);
    const calls = async (count: number, ms: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const made = pipeline.execute(answer(clock, ms));
        await clock.advance(ms);
        await made;
      }
    };
    await calls(100, 40);
    await calls(10, 150);
    expect(policy.snapshot().limit).toBe(10_000);
    await calls(5, 1_000);
    expect(policy.snapshot().limit).toBeLessThan(4);
  });

  it('L2: a dry run brakes too, and shows what it would refuse, but lets everything in and keeps no slot', async () => {
    const policy = adaptiveLimiter({ dryRun: true, maxQueued: 2 });
    const { clock, pipeline, of } = rig(timeout('1s'), policy);
    const operation = byHand(clock);
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < 4; j++) void pipeline.settle(operation);
      await clock.advance(250);
    }
    expect(operation.started).toHaveLength(160);
    expect(policy.snapshot()).toMatchObject({ queued: 0, kept: 0 });
    // With 160 in flight it moves slowly, and stays a little above the floor.
    expect(policy.snapshot().limit).toBeLessThanOrEqual(2);
    const rejections = of('rejection');
    expect(rejections.length).toBeGreaterThan(20);
    expect(rejections.every((each) => 'enforced' in each && !each.enforced)).toBe(true);
  });
});

describe('slots that are kept', () => {
  it('L2: who waits for one gets it when it is free, although no call comes or ends then', async () => {
    const policy = adaptiveLimiter({ maxWait: '10s', releaseOnAbandon: true });
    const made = rig(timeout('1s'), policy);
    const { clock, pipeline: short } = made;
    const patient = pipeline({ name: 'patient', clock }, policy);
    await brakes(made, policy);
    void short.settle(() => new Promise(() => {}));
    await clock.advance('1s');
    expect(policy.snapshot()).toMatchObject({ limit: 1, kept: 1 });
    const waiting = follow(patient.execute(() => 'served'));
    expect(policy.snapshot().queued).toBe(1);
    await clock.advance(749);
    expect(waiting.now).toEqual({ is: 'pending' });
    await clock.advance(1);
    expect(waiting.now).toEqual({ is: 'fulfilled', value: 'served' });
    expect(policy.snapshot()).toMatchObject({ inFlight: 0, queued: 0, kept: 0 });
    expect(clock.pending).toBe(0);
    expect(await short.execute(() => 1)).toBe(1);
  });
});

describe('promises of every policy', () => {
  it('G11: a handle that makes calls through the same limiter works', async () => {
    const policy = adaptiveLimiter({
      handle: ({ kind }) => {
        if (asked++ < 5) inner.push(made.pipeline.settle(() => 'inner'));
        return kind === 'timeout';
      },
    });
    const made = rig(timeout('1s'), policy);
    const inner: Promise<unknown>[] = [];
    let asked = 0;
    expect(await made.pipeline.execute(() => 'outer')).toBe('outer');
    await made.clock.flush();
    expect(await Promise.all(inner)).toHaveLength(5);
    expect(policy.snapshot()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('L2: attempts of a retry are counted one by one, each with the time that is left for it', async () => {
    const policy = adaptiveLimiter();
    const { clock, pipeline } = rig(
      timeout('1s'),
      retry({ maxRetries: 3, backoff: () => 0 }),
      policy,
    );
    let attempts = 0;
    const made = pipeline.settle(
      () =>
        new Promise((_, reject) => {
          attempts++;
          clock.setTimer(() => reject(new Error('no')), 100);
        }),
    );
    await clock.advance('2s');
    await made;
    expect(attempts).toBe(4);
    expect(policy.snapshot()).toMatchObject({ inFlight: 0, limit: 10_000 });
  });

  it('L2: a key that is braked is busy until that is let go, and can be dropped then', async () => {
    const { clock } = rig();
    const byHost = keyed(
      pipeline(
        { name: 'hosts', clock },
        timeout('1s'),
        adaptiveLimiter({ releaseOnAbandon: true }),
      ),
      { maxKeys: 1 },
    );
    for (let i = 0; i < 8; i++) {
      const hang = byHost.settle('a', () => new Promise(() => {}));
      await clock.advance('1s');
      await hang;
    }
    const limitOf = (key: string) => byHost.get(key).snapshot().policies['adaptive_limiter'];
    expect(limitOf('a')).toMatchObject({ limit: 1 });
    await byHost.execute('b', () => 1);
    await byHost.execute('c', () => 1);
    expect(limitOf('a')).toMatchObject({ limit: 1 });
    await clock.advance('31s');
    await byHost.execute('b', () => 1);
    await byHost.execute('c', () => 1);
    expect(byHost.size).toBe(1);
  });

  it('L2: one limiter in two pipelines brakes both, and knows the time of each', async () => {
    const policy = adaptiveLimiter({ maxQueued: 0, releaseOnAbandon: true });
    const { clock, pipeline: one } = rig(timeout('1s'), policy);
    const other = pipeline({ name: 'other', clock }, timeout('10s'), policy);
    // Long for the one, and not for the other.
    for (let i = 0; i < 30; i++) {
      const made = other.execute(answer(clock, 600));
      await clock.advance(600);
      await made;
    }
    expect(policy.snapshot().limit).toBe(10_000);
    for (let i = 0; i < 30; i++) {
      const made = one.settle(answer(clock, 600));
      await clock.advance(600);
      await made;
    }
    expect(policy.snapshot().limit).toBe(1);
    void other.settle(() => new Promise(() => {}));
    expect(await rejectionOf(other.execute(() => 1))).toMatchObject({
      message: 'other: all slots (limit now: 1, maxLimit: 10000) are taken',
    });
  });
});
