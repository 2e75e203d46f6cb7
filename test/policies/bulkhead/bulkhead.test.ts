import { BulkheadFullError, bulkhead, pipeline, retry, TimeoutError, timeout } from 'holdfast';
import { expect, it } from 'vitest';
import { bothWays, byHand, follow, rejectionOf, rig } from '../support/rig.js';

const boom = new Error('boom');
const idle = (maxConcurrent: number) => ({ inFlight: 0, queued: 0, maxConcurrent });

it('Q1: calls beyond maxConcurrent wait, and start first come, first served', async () => {
  const policy = bulkhead({ maxConcurrent: 2, maxQueued: 10 });
  const { clock, pipeline, of } = rig(policy);
  const operation = byHand(clock);
  const order: number[] = [];
  const calls = [0, 1, 2, 3, 4].map((i) =>
    pipeline.execute((context) => {
      order.push(i);
      return operation(context);
    }),
  );
  expect(order).toEqual([0, 1]);
  expect(policy.snapshot()).toEqual({ inFlight: 2, queued: 3, maxConcurrent: 2 });
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
  expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
  expect(policy.snapshot()).toEqual(idle(2));
});

it('Q1: a late caller does not take a freed slot ahead of the queue', async () => {
  const { clock, pipeline } = rig(bulkhead({ maxConcurrent: 1, maxQueued: 2 }));
  const operation = byHand(clock);
  const order: string[] = [];
  const call = (name: string) =>
    pipeline.execute((context) => {
      order.push(name);
      return operation(context);
    });
  const first = call('first');
  const queued = call('queued');
  // In the very turn in which the slot comes free, before the one who waits for it runs.
  const late = first.then(() => call('late'));
  operation.started[0]?.resolve(1);
  await clock.flush();
  expect(order).toEqual(['first', 'queued']);
  operation.started[1]?.resolve(2);
  await clock.flush();
  expect(order).toEqual(['first', 'queued', 'late']);
  operation.started[2]?.resolve(3);
  await Promise.all([queued, late]);
});

it('Q2: a queued call that is aborted leaves at that moment', async () => {
  const policy = bulkhead({ maxConcurrent: 1, maxQueued: 2 });
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
});

it('Q2: one that times out leaves at that moment', async () => {
  const policy = bulkhead({ maxConcurrent: 1, maxQueued: 2 });
  const { clock, pipeline } = rig(timeout('1s'), policy);
  const operation = byHand(clock);
  void pipeline.settle(operation);
  await clock.advance(1);
  const queued = follow(pipeline.execute(operation));
  await clock.advance(999);
  expect(queued.now).toEqual({ is: 'pending' });
  await clock.advance(1);
  expect(queued.now).toMatchObject({ is: 'rejected', error: expect.any(TimeoutError) });
  expect(policy.snapshot()).toEqual({ inFlight: 1, queued: 0, maxConcurrent: 1 });
});

it('Q2: one that waited for maxWait is refused at that moment, and says so', async () => {
  const policy = bulkhead({ maxConcurrent: 1, maxQueued: 2, maxWait: '2s' });
  const { clock, pipeline, of } = rig(policy);
  const operation = byHand(clock);
  const first = pipeline.execute(operation);
  const queued = pipeline.execute(operation);
  const ended = follow(queued);
  await clock.advance(1_999);
  expect(ended.now).toEqual({ is: 'pending' });
  await clock.advance(1);
  const error = await rejectionOf(queued);
  expect(error).toBeInstanceOf(BulkheadFullError);
  expect(error).toMatchObject({
    message: 'rig: no slot came free within 2 s',
    policy: 'bulkhead',
    pipeline: 'rig',
  });
  expect(of('rejection')).toMatchObject([{ reason: 'bulkhead_full', enforced: true }]);
  operation.started[0]?.resolve(1);
  expect(await first).toBe(1);
  expect(operation.started).toHaveLength(1);
  expect(policy.snapshot()).toEqual(idle(1));
});

it('Q2: one that is admitted in time is not bothered by maxWait any more', async () => {
  const { clock, pipeline } = rig(bulkhead({ maxConcurrent: 1, maxQueued: 2, maxWait: '2s' }));
  const operation = byHand(clock);
  const first = pipeline.execute(operation);
  const queued = pipeline.execute(operation);
  await clock.advance(1_999);
  operation.started[0]?.resolve(1);
  await first;
  expect(clock.pending).toBe(0);
  await clock.advance('1h');
  operation.started[1]?.resolve(2);
  expect(await queued).toBe(2);
});

it('Q2: one that is aborted takes its maxWait along', async () => {
  const { clock, pipeline } = rig(bulkhead({ maxConcurrent: 1, maxQueued: 1, maxWait: '2s' }));
  const operation = byHand(clock);
  const first = pipeline.execute(operation);
  const caller = new AbortController();
  const queued = pipeline.settle(operation, { signal: caller.signal });
  expect(clock.pending).toBe(1);
  caller.abort();
  await queued;
  expect(clock.pending).toBe(0);
  operation.started[0]?.resolve(1);
  expect(await first).toBe(1);
});

it('Q2: an abort between admission and start gives the slot to the next', async () => {
  const policy = bulkhead({ maxConcurrent: 1, maxQueued: 2 });
  const { clock, pipeline } = rig(policy);
  const operation = byHand(clock);
  void pipeline.settle(operation);
  const caller = new AbortController();
  const admitted = rejectionOf(pipeline.execute(operation, { signal: caller.signal }));
  const next = pipeline.execute(operation);
  operation.started[0]?.resolve(1);
  // The operation has ended and the slot is handed on, but the one who waited for it has not run yet.
  while (policy.snapshot().queued === 2) await undefined;
  caller.abort(boom);
  expect(await admitted).toBe(boom);
  await clock.flush();
  expect(operation.started).toHaveLength(2);
  operation.started[1]?.resolve(3);
  expect(await next).toBe(3);
  expect(policy.snapshot()).toEqual(idle(1));
});

it('Q3: a slot is held until the operation really settles, also after a timeout gave up on it', async () => {
  for (const late of ['resolve', 'reject'] as const) {
    const policy = bulkhead({ maxConcurrent: 1 });
    const { clock, pipeline } = rig(timeout('1s'), policy);
    const operation = byHand(clock);
    const call = rejectionOf(pipeline.execute(operation));
    await clock.advance('1s');
    expect(await call).toBeInstanceOf(TimeoutError);
    expect(policy.snapshot().inFlight).toBe(1);
    expect(policy.busy()).toBe(true);
    expect(await rejectionOf(pipeline.execute(operation))).toBeInstanceOf(BulkheadFullError);
    operation.started[0]?.[late](boom);
    await clock.flush();
    expect(policy.snapshot()).toEqual(idle(1));
    expect(policy.busy()).toBe(false);
  }
});

it('Q3: nor does the caller’s abort free it', async () => {
  const policy = bulkhead({ maxConcurrent: 1, maxQueued: 1 });
  const { clock, pipeline } = rig(policy);
  const operation = byHand(clock);
  const caller = new AbortController();
  const call = pipeline.settle(operation, { signal: caller.signal });
  caller.abort();
  await call;
  const queued = pipeline.execute(operation);
  await clock.flush();
  expect(operation.started).toHaveLength(1);
  operation.started[0]?.resolve('late');
  await clock.flush();
  expect(operation.started).toHaveLength(2);
  operation.started[1]?.resolve('good');
  expect(await queued).toBe('good');
});

it('Q3: with releaseOnAbandon it is given back when the call is given up', async () => {
  const policy = bulkhead({ maxConcurrent: 1, releaseOnAbandon: true });
  const { clock, pipeline } = rig(timeout('1s'), policy);
  const operation = byHand(clock);
  const call = pipeline.settle(operation);
  await clock.advance('1s');
  await call;
  expect(policy.snapshot()).toEqual(idle(1));
  const second = pipeline.execute(operation);
  operation.started[0]?.resolve('late');
  await clock.flush();
  // The late end of the first gives nothing back a second time.
  expect(policy.snapshot().inFlight).toBe(1);
  operation.started[1]?.resolve('good');
  expect(await second).toBe('good');
  expect(policy.snapshot()).toEqual(idle(1));
});

it('Q3: around a retry it is held until every attempt has settled', async () => {
  const policy = bulkhead({ maxConcurrent: 1 });
  const { clock, pipeline } = rig(
    policy,
    retry({ maxRetries: 1, backoff: () => 0 }),
    timeout('1s'),
  );
  const operation = byHand(clock);
  const call = pipeline.settle(operation);
  await clock.advance('1s');
  operation.started[1]?.resolve('good');
  expect(await call).toMatchObject({ value: 'good' });
  expect(policy.snapshot().inFlight).toBe(1);
  operation.started[0]?.reject(boom);
  await clock.flush();
  expect(policy.snapshot()).toEqual(idle(1));
});

bothWays('bulkhead', ({ fail, succeed }) => {
  it('Q3: every end gives the slot back', async () => {
    const policy = bulkhead({ maxConcurrent: 1 });
    const { pipeline } = rig(policy);
    expect(await pipeline.execute(() => succeed(1))).toBe(1);
    expect(await rejectionOf(pipeline.execute(() => fail(boom)))).toBe(boom);
    expect(await rejectionOf(pipeline.execute(() => fail(undefined)))).toBe(undefined);
    expect(policy.snapshot()).toEqual(idle(1));
  });

  it('G11: an operation that calls the same pipeline again works, or is refused', async () => {
    const { pipeline } = rig(bulkhead({ maxConcurrent: 2 }));
    const nested = await pipeline.execute(() => pipeline.execute(() => succeed('inner')));
    expect(nested).toBe('inner');
    const one = rig(bulkhead({ maxConcurrent: 1 })).pipeline;
    const refused = one.execute(() => one.execute(() => succeed('inner')));
    expect(await rejectionOf(refused)).toBeInstanceOf(BulkheadFullError);
  });
});

it('Q4: full, it refuses with a BulkheadFullError that says how full', async () => {
  for (const [options, message] of [
    [{ maxConcurrent: 1 }, 'rig: all slots (maxConcurrent: 1) are taken'],
    [{ maxConcurrent: 2 }, 'rig: all slots (maxConcurrent: 2) are taken'],
    [
      { maxConcurrent: 1, maxQueued: 1 },
      'rig: all slots (maxConcurrent: 1) and all places in the queue (maxQueued: 1) are taken',
    ],
  ] as const) {
    const { clock, pipeline, of } = rig(bulkhead(options));
    const operation = byHand(clock);
    for (let i = 0; i < options.maxConcurrent; i++) void pipeline.settle(operation);
    if ('maxQueued' in options) void pipeline.settle(operation);
    const error = await rejectionOf(pipeline.execute(operation));
    expect(error).toBeInstanceOf(BulkheadFullError);
    expect(error).toMatchObject({
      message,
      code: 'ERR_BULKHEAD_FULL',
      reason: 'bulkhead_full',
      pipeline: 'rig',
      policy: 'bulkhead',
      retryAfter: undefined,
    });
    expect(of('rejection')).toMatchObject([
      { reason: 'bulkhead_full', enforced: true, policy: 'bulkhead' },
    ]);
    expect(operation.started).toHaveLength(options.maxConcurrent);
  }
});

it('Q4: a hundred at once and no queue by default', async () => {
  const { clock, pipeline } = rig(bulkhead());
  const operation = byHand(clock);
  for (let i = 0; i < 100; i++) void pipeline.settle(operation);
  expect(operation.started).toHaveLength(100);
  expect(await rejectionOf(pipeline.execute(operation))).toBeInstanceOf(BulkheadFullError);
});

it('G12: a rejection carries a stack only where the pipeline says so, also after a wait', async () => {
  for (const captureStack of [false, true]) {
    const { clock } = rig();
    const policy = bulkhead({ maxConcurrent: 1, maxQueued: 1, maxWait: 10 });
    const made = pipeline({ name: 'stacks', clock, captureStack }, policy);
    void made.settle(() => new Promise(() => {}));
    const waited = rejectionOf(made.execute(() => 1));
    const refused = (await rejectionOf(made.execute(() => 1))) as Error;
    await clock.advance(10);
    const both = [refused, (await waited) as Error];
    for (const { stack } of both) expect(stack?.includes('    at ')).toBe(captureStack);
  }
});

it('a dry run refuses nothing, and reports what it would have refused', async () => {
  const policy = bulkhead({ maxConcurrent: 1, maxQueued: 2, dryRun: true });
  const { clock, pipeline, of } = rig(policy);
  const operation = byHand(clock);
  const calls = [1, 2, 3, 4, 5].map(() => pipeline.execute(operation));
  expect(operation.started).toHaveLength(5);
  // One has a slot and two would wait in the queue.
  expect(of('rejection')).toMatchObject([
    { reason: 'bulkhead_full', enforced: false },
    { reason: 'bulkhead_full', enforced: false },
  ]);
  expect(policy.snapshot()).toEqual({ inFlight: 5, queued: 0, maxConcurrent: 1 });
  for (const started of operation.started) started.resolve('good');
  expect(await Promise.all(calls)).toEqual(Array.from({ length: 5 }, () => 'good'));
  expect(policy.snapshot()).toEqual(idle(1));
  const quiet = pipeline;
  quiet.dispose();
  const unheard = [1, 2].map(() => quiet.execute(() => 'good'));
  expect(await Promise.all(unheard)).toEqual(['good', 'good']);
});

it('one instance in two pipelines bounds both together; a copy bounds for itself', async () => {
  const policy = bulkhead({ maxConcurrent: 1, maxQueued: 1 });
  const [a, b] = [rig(policy), rig(policy)];
  const operation = byHand(a!.clock);
  const first = a!.pipeline.execute(operation);
  const second = b!.pipeline.execute(operation);
  expect(operation.started).toHaveLength(1);
  const copy = rig(policy.fork());
  expect(await copy.pipeline.execute(() => 'free')).toBe('free');
  operation.started[0]?.resolve(1);
  await first;
  await a!.clock.flush();
  operation.started[1]?.resolve(2);
  expect(await second).toBe(2);
});
