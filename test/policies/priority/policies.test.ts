import fc from 'fast-check';
import type { PipelineLayer, Priority } from 'holdfast';
import {
  adaptiveLimiter,
  bulkhead,
  pipeline,
  RejectedError,
  rateLimiter,
  retry,
  throttle,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { byHand, follow, rejectionOf, rig } from '../support/rig.js';

const classes = ['highest', 'high', 'normal', 'low', 'lowest'] as const;
const backwards = [...classes].reverse();

/** A pipeline whose policies let one call in at a time. */
const onePlace: readonly [string, (maxQueued: number) => PipelineLayer][] = [
  ['bulkhead', (maxQueued) => bulkhead({ maxConcurrent: 1, maxQueued, maxWait: '1h' })],
  ['brake', (maxQueued) => adaptiveLimiter({ maxLimit: 1, maxQueued, maxWait: '1h' })],
  [
    'gradient',
    (maxQueued) =>
      adaptiveLimiter({
        algorithm: 'gradient',
        maxLimit: 1,
        minLimit: 1,
        maxQueued,
        maxWait: '1h',
      }),
  ],
];

describe.each(onePlace)('%s', (_name, policyOf) => {
  it('K2: when a slot comes free, the most important call that waits gets it; Q1: among equals the first', async () => {
    const { clock, pipeline: made } = rig(policyOf(20));
    const order: string[] = [];
    const operation = byHand<void>(clock);
    const first = made.execute(operation);
    const others = backwards.flatMap((priority) =>
      [1, 2].map((nth) =>
        made.execute(
          async () => {
            order.push(`${priority} ${nth}`);
          },
          priority === 'normal' ? {} : { priority },
        ),
      ),
    );
    operation.started[0]?.resolve();
    await Promise.all([first, ...others]);
    expect(order).toEqual(classes.flatMap((each) => [`${each} 1`, `${each} 2`]));
  });

  it('K3: a flood of the most important calls leaves their share to the others', async () => {
    const { clock, pipeline: made } = rig(policyOf(500));
    const order: string[] = [];
    const operation = byHand<void>(clock);
    const calls = [made.execute(operation)];
    const add = (priority: Priority, times: number): void => {
      for (let i = 0; i < times; i++) {
        calls.push(made.execute(() => void order.push(priority), { priority }));
      }
    };
    for (const each of backwards) add(each, each === 'highest' ? 256 : 40);
    operation.started[0]?.resolve();
    await Promise.all(calls);
    const early = order.slice(0, 256);
    const count = (priority: Priority) => early.filter((each) => each === priority).length;
    expect(count('highest')).toBeGreaterThanOrEqual(192);
    expect(count('high')).toBeGreaterThanOrEqual(26);
    expect(count('normal')).toBeGreaterThanOrEqual(13);
    expect(count('low')).toBeGreaterThanOrEqual(6);
    expect(count('lowest')).toBeGreaterThanOrEqual(6);
  });

  it('K7: when the queue is full, a more important call takes the place of the newest of the least important', async () => {
    const { clock, pipeline: made, of } = rig(policyOf(2));
    const operation = byHand<number>(clock);
    const inside = made.execute(operation);
    const older = follow(made.execute(operation, { priority: 'low' }));
    const newer = made.settle(operation, { priority: 'low' });
    const equal = await rejectionOf(made.execute(operation, { priority: 'low' }));
    expect(equal).toBeInstanceOf(RejectedError);
    const taker = made.execute(operation);
    await expect(newer).resolves.toMatchObject({
      status: 'rejected',
      reason: {
        message: 'rig: a more important call took its place in the queue',
        pipeline: 'rig',
        retryAfter: undefined,
      },
    });
    expect(older.now.is).toBe('pending');
    expect(
      of('rejection', 'queued').map((each) => [each.type, 'priority' in each && each.priority]),
    ).toEqual([
      ['queued', 'low'],
      ['queued', 'low'],
      ['rejection', 'low'],
      ['queued', undefined],
      ['rejection', 'low'],
    ]);
    operation.started[0]?.resolve(1);
    await inside;
    operation.started[1]?.resolve(2);
    expect(await taker).toBe(2);
    operation.started[2]?.resolve(3);
    await clock.advance(0);
    expect(older.now).toEqual({ is: 'fulfilled', value: 3 });
  });

  it('K3: also where the queue has one place, a flood does not keep the least important ones out', async () => {
    const { clock, pipeline: made } = rig(policyOf(1));
    let served = 0;
    const calls: Promise<unknown>[] = [];
    let end: (() => void) | undefined;
    calls.push(
      made.execute(
        () =>
          new Promise<void>((resolve) => {
            end = resolve;
          }),
      ),
    );
    for (let i = 0; i < 200; i++) {
      const operation = () =>
        new Promise<void>((resolve) => {
          end = resolve;
        });
      calls.push(made.settle(operation, { priority: 'highest' }));
      calls.push(
        made.settle(
          () => {
            served++;
            return operation();
          },
          { priority: 'lowest' },
        ),
      );
      const now = end as (() => void) | undefined;
      end = undefined;
      now?.();
      await clock.advance(1);
    }
    (end as (() => void) | undefined)?.();
    await clock.advance(1);
    expect(served).toBeGreaterThanOrEqual(4);
    expect(served).toBeLessThanOrEqual(8);
  });

  it('K4: a retry waits behind first attempts of its class, and before those of a lower one', async () => {
    const { clock, pipeline: made } = rig(
      retry({ maxRetries: 1, backoff: () => 10 } as never),
      policyOf(20),
    );
    const order: string[] = [];
    let tries = 0;
    const retried = made.execute(async ({ attempt }) => {
      if (tries++ === 0) throw new Error('once');
      order.push(`attempt ${attempt}`);
    });
    await clock.advance(1);
    const operation = byHand<void>(clock);
    const inside = made.execute(operation);
    const lower = made.execute(() => void order.push('low'), { priority: 'low' });
    await clock.advance(1_000);
    const firsts = [1, 2].map((nth) => made.execute(() => void order.push(`first ${nth}`)));
    operation.started[0]?.resolve();
    await Promise.all([inside, lower, retried, ...firsts]);
    expect(order).toEqual(['first 1', 'first 2', 'attempt 2', 'low']);
  });
});

it('K6, Q1: with a free limit nobody is refused, no slot stays free while somebody waits, equals go in order, and all come back', async () => {
  const call = fc.record({
    afterMs: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat({ max: 30 })),
    takesMs: fc.nat({ max: 60 }),
    priority: fc.option(fc.constantFrom(...classes), { nil: undefined }),
    abortAfterMs: fc.option(fc.nat({ max: 80 }), { nil: undefined }),
  });
  const limits = fc.record({
    maxConcurrent: fc.integer({ min: 1, max: 5 }),
    maxQueued: fc.nat({ max: 6 }),
    kind: fc.constantFrom('bulkhead', 'limiter' as const),
  });
  await fc.assert(
    fc.asyncProperty(
      limits,
      fc.array(call, { maxLength: 60, size: 'max' }),
      async ({ maxConcurrent, maxQueued, kind }, calls) => {
        const clock = new VirtualClock();
        const policy =
          kind === 'bulkhead'
            ? bulkhead({ maxConcurrent, maxQueued })
            : adaptiveLimiter({
                maxLimit: maxConcurrent,
                minLimit: maxConcurrent,
                maxQueued,
                ...(maxQueued > 0 ? { maxWait: '1h' } : {}),
              });
        const made = pipeline({ name: 'p', clock }, policy);
        const started: { id: number; priority: Priority }[] = [];
        const settled: Promise<unknown>[] = [];
        for (const [id, { afterMs, takesMs, priority, abortAfterMs }] of calls.entries()) {
          await clock.advance(afterMs);
          const { inFlight } = policy.snapshot();
          const caller = new AbortController();
          if (abortAfterMs !== undefined) clock.setTimer(() => caller.abort(), abortAfterMs);
          let isIn = false;
          const before = policy.snapshot();
          settled.push(
            made.settle(
              () => {
                isIn = true;
                started.push({ id, priority: priority ?? 'normal' });
                return new Promise((resolve) => clock.setTimer(() => resolve(1), takesMs));
              },
              { signal: caller.signal, ...(priority === undefined ? {} : { priority }) },
            ),
          );
          if (inFlight < maxConcurrent) expect(isIn).toBe(true);
          else expect(before.inFlight).toBe(maxConcurrent);
          const { inFlight: now, queued } = policy.snapshot();
          expect(now).toBeLessThanOrEqual(maxConcurrent);
          expect(queued).toBeLessThanOrEqual(maxQueued);
          if (queued > 0) expect(now).toBe(maxConcurrent);
        }
        await clock.advance(60 * calls.length + 1);
        await Promise.all(settled);
        expect(policy.snapshot()).toMatchObject({ inFlight: 0, queued: 0 });
        for (const each of classes) {
          const ids = started.filter(({ priority }) => priority === each).map(({ id }) => id);
          expect(ids).toEqual([...ids].sort((a, b) => a - b));
        }
      },
    ),
    { numRuns: 60 },
  );
});

describe('rateLimiter', () => {
  it('K2: more important calls get the next permits, and those that they push back are refused when their wait is over', async () => {
    const { clock, pipeline: made } = rig(
      rateLimiter({ limit: 1, per: '100ms', burst: 1, maxWait: '250ms' }),
    );
    const order: string[] = [];
    const call = (name: string, priority: Priority) =>
      made.settle(() => void order.push(`${name} at ${clock.now()}`), { priority });
    const all = [call('first', 'lowest'), call('low', 'low'), call('lower', 'lowest')];
    await clock.advance(50);
    all.push(call('high', 'high'), call('higher', 'highest'));
    const start = clock.now();
    await clock.advance(1_000);
    const ends = await Promise.all(all);
    expect(order.map((each) => each.split(' ')[0])).toEqual(['first', 'higher', 'high']);
    expect(ends[1]).toMatchObject({ status: 'rejected', reason: { code: 'ERR_RATE_LIMITED' } });
    expect(ends[2]).toMatchObject({ status: 'rejected' });
    expect((ends[1] as { reason: RejectedError }).reason.retryAfter).toBeGreaterThan(0);
    expect(clock.now() - start).toBe(1_000);
  });

  it('K3: its permits are shared as slots are', async () => {
    const { clock, pipeline: made } = rig(
      rateLimiter({ limit: 1, per: '10ms', burst: 1, maxWait: '1h' }),
    );
    const order: Priority[] = [];
    const calls: Promise<unknown>[] = [];
    for (const priority of ['lowest', 'highest'] as const) {
      for (let i = 0; i < 129; i++) {
        calls.push(made.execute(() => void order.push(priority), { priority }));
      }
    }
    await clock.advance(1_290);
    const early = order.slice(1, 129).filter((each) => each === 'lowest').length;
    expect(early).toBeGreaterThanOrEqual(3);
    expect(early).toBeLessThanOrEqual(5);
    await clock.advance(10_000);
    await Promise.all(calls);
  });
});

describe('throttle', () => {
  it('K5: it refuses the least important calls first, and as many as before in all', async () => {
    let seed = 1;
    const random = (): number => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const { pipeline: made, clock } = rig(throttle({ random, window: '1h' }));
    const refused = { highest: 0, lowest: 0 };
    let time = 0;
    for (let i = 0; i < 4_000; i++) {
      const priority = i % 2 === 0 ? 'highest' : 'lowest';
      // The upstream has time for two calls in 5 ms.
      time = Math.min(5, time + 0.4);
      const end = await made.settle(
        async () => {
          if (time < 1) throw new Error('busy');
          time--;
        },
        { priority },
      );
      const isRefused = end.status === 'rejected' && end.reason instanceof RejectedError;
      if (isRefused) refused[priority]++;
      await clock.advance(1);
    }
    expect(refused.lowest).toBeGreaterThan(300);
    expect(refused.highest).toBeLessThan(60);
  });
});

it('K1: a policy sees the rank of each attempt', async () => {
  const ranks: number[] = [];
  const gate: PipelineLayer = {
    role: 'gate',
    type: 'looks',
    enter: ({ rank }) => void ranks.push(rank),
    exit: () => {},
  };
  const made = pipeline('ranks', retry({ maxRetries: 1, backoff: () => 0 } as never), gate);
  for (const priority of classes) {
    await made.settle(() => Promise.reject(new Error('no')), { priority });
  }
  await made.execute(() => 1);
  expect(ranks).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 5]);
});
