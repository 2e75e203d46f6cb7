import { bulkhead, pipeline, retry, TimeoutError, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it, vi } from 'vitest';
import { bothWays, byHand, follow, rejectionOf, rig } from '../support/rig.js';

const boom = new Error('boom');

it('T1: at the deadline the signal aborts with the TimeoutError the call rejects with, though nobody listens', async () => {
  const { clock, pipeline, events } = rig(timeout('1s'));
  const operation = byHand(clock);
  const call = pipeline.execute(operation);
  const ended = follow(call);
  const { context } = operation.started[0]!;
  await clock.advance(999);
  expect(ended.now).toEqual({ is: 'pending' });
  expect(context.signal.aborted).toBe(false);
  await clock.advance(1);
  const error = await rejectionOf(call);
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error).toMatchObject({
    message: 'rig: timed out after 1 s',
    code: 'ERR_TIMEOUT',
    timeoutMs: 1000,
    pipeline: 'rig',
    policy: 'timeout',
  });
  expect(context.signal.reason).toBe(error);
  expect(events).toMatchObject([
    { type: 'timeout', timeoutMs: 1000, policy: 'timeout' },
    { type: 'attempt', attempt: 1, outcome: 'timeout', error },
    { type: 'call', outcome: 'timeout', attempts: 1, durationMs: 1000, error },
  ]);
});

it('T1: a signal that is first read after the deadline is aborted already', async () => {
  const { clock, pipeline } = rig(timeout('1s'));
  const operation = byHand(clock);
  const call = pipeline.execute(operation);
  await clock.advance('1s');
  const error = await rejectionOf(call);
  expect(operation.started[0]?.context.signal.reason).toBe(error);
});

it('T1: an operation that listens and throws the reason ends in the same error', async () => {
  const { clock, pipeline } = rig(timeout('1s'));
  const seen: unknown[] = [];
  const call = pipeline.execute(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          seen.push(signal.reason);
          reject(new Error('something else'));
        });
      }),
  );
  expect(await rejectionOf(clock.runUntil(call))).toBe(seen[0]);
  expect(seen[0]).toBeInstanceOf(TimeoutError);
});

it('T1: a late end is nobody’s: a result goes to discard, a rejection nowhere', async () => {
  const { clock, pipeline, events, discarded } = rig(timeout('1s'));
  const operation = byHand(clock);
  const calls = [pipeline.settle(operation), pipeline.settle(operation)];
  await clock.advance('1s');
  await Promise.all(calls);
  const reported = events.length;
  operation.started[0]?.resolve('late');
  operation.started[1]?.reject(boom);
  await clock.flush();
  await new Promise(setImmediate);
  expect(discarded).toEqual(['late']);
  expect(events).toHaveLength(reported);
});

it('T1: every call has its own deadline', async () => {
  const { clock, pipeline } = rig(timeout('1s'));
  const ends: [number, number][] = [];
  for (let i = 0; i < 5; i++) {
    void pipeline.settle(() => new Promise(() => {})).then(() => ends.push([i, clock.now()]));
    await clock.advance(100);
  }
  expect(clock.pending).toBe(1);
  await clock.runAll();
  expect(ends).toEqual([0, 1, 2, 3, 4].map((i) => [i, 1000 + i * 100]));
});

it('T2: outside retry it bounds the whole call, inside each attempt', async () => {
  const { clock, pipeline } = rig(
    timeout({ duration: '2500ms', name: 'total' }),
    retry({ maxRetries: 5, backoff: () => 100 }),
    timeout({ duration: '1s', name: 'attempt' }),
  );
  const operation = byHand(clock);
  const error = await rejectionOf(clock.runUntil(pipeline.execute(operation)));
  expect(error).toMatchObject({ policy: 'total', timeoutMs: 2500 });
  expect(operation.started.map(({ at }) => at)).toEqual([0, 1100, 2200]);
  expect(clock.now()).toBe(2500);
  expect(
    operation.started.map(({ context }) => (context.signal.reason as TimeoutError).policy),
  ).toEqual(['attempt', 'attempt', 'total']);
  expect(clock.pending).toBe(0);
});

it.each([
  [1000, 3000],
  [3000, 1000],
  [1000, 1000],
])('T2: nested, the nearest deadline wins: %i ms around %i ms', async (outer, inner) => {
  const { clock, pipeline, of } = rig(timeout(outer), timeout(inner));
  const operation = byHand(clock);
  const error = await rejectionOf(clock.runUntil(pipeline.execute(operation)));
  expect(error).toMatchObject({ timeoutMs: Math.min(outer, inner) });
  expect(clock.now()).toBe(1000);
  expect(of('timeout')).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

it('T2: context.deadline and timeLeft show the operation the nearest deadline', async () => {
  const { clock, pipeline } = rig(timeout('10s'), retry({ backoff: () => 500 }), timeout('3s'));
  const seen: number[][] = [];
  await clock.runUntil(
    pipeline.settle((context) => {
      seen.push([context.deadline, context.timeLeft]);
      return new Promise(() => {});
    }),
  );
  expect(seen).toEqual([
    [3000, 3000],
    [6500, 3000],
    [10_000, 3000],
  ]);
  const free = rig(retry());
  await free.pipeline.execute(({ deadline, timeLeft }) => {
    expect([deadline, timeLeft]).toEqual([Infinity, Infinity]);
  });
});

it('T2: timeLeft shrinks as time passes, and is never negative', async () => {
  const { clock, pipeline } = rig(timeout('1s'));
  const operation = byHand(clock);
  const call = pipeline.settle(operation);
  const { context } = operation.started[0]!;
  await clock.advance(400);
  expect(context.timeLeft).toBe(600);
  expect(context.deadline).toBe(1000);
  await clock.advance(600);
  await call;
  operation.started[0]?.resolve(1);
});

bothWays('timeout', ({ fail, succeed }) => {
  it('T4: an operation’s own error is passed on, whatever it is', async () => {
    const { clock, pipeline, of } = rig(timeout('1s'));
    for (const error of [boom, new DOMException('mine', 'TimeoutError'), undefined]) {
      expect(await rejectionOf(pipeline.execute(() => fail(error)))).toBe(error);
    }
    expect(of('timeout')).toEqual([]);
    expect(of('call').map((event) => 'outcome' in event && event.outcome)).toEqual(
      Array.from({ length: 3 }, () => 'failure'),
    );
    expect(clock.pending).toBe(0);
  });

  it('T5: an operation that ends in time leaves no deadline behind', async () => {
    const { clock, pipeline } = rig(timeout(0), timeout('1s'));
    expect(await pipeline.execute(() => succeed('good'))).toBe('good');
    expect(clock.pending).toBe(0);
    await clock.advance('1h');
  });
});

it('T4: the caller’s abort is not a timeout', async () => {
  const { clock, pipeline, of } = rig(timeout('1s'));
  const operation = byHand(clock);
  const caller = new AbortController();
  const call = pipeline.execute(operation, { signal: caller.signal });
  await clock.advance(999);
  caller.abort(boom);
  expect(await rejectionOf(call)).toBe(boom);
  expect(operation.started[0]?.context.signal.reason).toBe(boom);
  await clock.runAll();
  expect(of('timeout')).toEqual([]);
  expect(of('call')).toMatchObject([{ outcome: 'cancelled' }]);
});

it('T4: the reason of a caller who timed out is passed on as it is', async () => {
  const { clock, pipeline, of } = rig(timeout('1s'));
  const caller = new AbortController();
  const call = pipeline.execute(byHand(clock), { signal: caller.signal });
  const reason = new TimeoutError('of the caller');
  caller.abort(reason);
  expect(await rejectionOf(call)).toBe(reason);
  expect(reason.policy).toBeUndefined();
  expect(of('call')).toMatchObject([{ outcome: 'timeout' }]);
  expect(of('timeout')).toEqual([]);
});

it('T1: bounds the wait in a queue inside it, and leaves it', async () => {
  const { clock, pipeline } = rig(timeout('1s'), bulkhead({ maxConcurrent: 1, maxQueued: 1 }));
  const operation = byHand(clock);
  const first = pipeline.execute(operation);
  await clock.advance(500);
  const queued = rejectionOf(pipeline.execute(operation));
  operation.started[0]?.resolve('good');
  expect(await first).toBe('good');
  await clock.flush();
  expect(operation.started).toHaveLength(2);
  const third = rejectionOf(pipeline.execute(operation));
  await clock.advance('1s');
  expect(await queued).toBeInstanceOf(TimeoutError);
  expect(await third).toBeInstanceOf(TimeoutError);
  expect(operation.started).toHaveLength(2);
  expect(pipeline.snapshot().policies).toEqual({
    bulkhead: { inFlight: 1, queued: 0, maxConcurrent: 1 },
  });
});

it('T2: inside a queue it does not run while the call waits', async () => {
  const { clock, pipeline } = rig(bulkhead({ maxConcurrent: 1, maxQueued: 1 }), timeout('1s'));
  const operation = byHand(clock);
  const first = pipeline.settle(operation);
  const second = pipeline.execute(operation);
  await clock.advance(900);
  operation.started[0]?.resolve('one');
  await first;
  await clock.advance(900);
  operation.started[1]?.resolve('two');
  expect(await second).toBe('two');
});

it('G7: a duration beyond what host timers take fires at its time', async () => {
  vi.useFakeTimers();
  try {
    const ended = follow(
      pipeline('long', timeout(2 ** 31 + 5_000)).execute(() => new Promise(() => {})),
    );
    await vi.advanceTimersByTimeAsync(2 ** 31 + 4_999);
    expect(ended.now).toEqual({ is: 'pending' });
    await vi.advanceTimersByTimeAsync(1);
    expect(ended.now).toMatchObject({ is: 'rejected', error: { timeoutMs: 2 ** 31 + 5_000 } });
  } finally {
    vi.useRealTimers();
  }
});

it('G12: carries a stack only where the pipeline says so', async () => {
  const clock = new VirtualClock();
  for (const captureStack of [false, true]) {
    const made = pipeline({ name: 'stacks', clock, captureStack }, timeout(10));
    const call = made.execute(() => new Promise(() => {}));
    const { stack } = (await rejectionOf(clock.runUntil(call))) as Error;
    expect(stack?.includes('    at ')).toBe(captureStack);
  }
});

it('the time allowed can be read, and comes in all forms of a duration', () => {
  expect(timeout('1.5s').timeoutMs).toBe(1500);
  expect(timeout(20).timeoutMs).toBe(20);
  expect(timeout({ duration: '1m', name: 'total' })).toMatchObject({
    timeoutMs: 60_000,
    name: 'total',
  });
  expect(timeout(0).timeoutMs).toBe(0);
});
