import { type Call, type Gate, retry, TimeoutError, timeout } from 'holdfast';
import { expect, it } from 'vitest';
import { clockOf } from '../../src/pipeline/call/attempt-clock.js';
import type { AttemptClock } from '../../src/pipeline/contract/context.js';
import { byHand, follow, rejectionOf, rig } from '../policies/support/rig.js';

/** Notes how long the calls have that go through here. */
function probe(): Gate & { readonly rough: number[]; readonly exact: number[] } {
  const rough: number[] = [];
  const exact: number[] = [];
  return {
    role: 'gate',
    type: 'probe',
    rough,
    exact,
    enter(call: Call) {
      rough.push(call.roughDeadline);
      exact.push(call.deadline);
      return undefined;
    },
    exit() {},
  };
}

it('T1: a call may set a time in place of the timeout’s own, or none', async () => {
  const gate = probe();
  const { clock, pipeline, events } = rig(timeout('1s'), gate);
  const start = clock.now();
  const cut = pipeline.executeWith(byHand(clock), undefined, [3_000]);
  const endless = follow(pipeline.executeWith(byHand(clock), undefined, [Infinity]));
  const settled = rejectionOf(pipeline.executeWith(byHand(clock), undefined, [2_000]));
  expect(gate.exact).toEqual([start + 3_000, Infinity, start + 2_000]);
  expect(gate.rough).toEqual(gate.exact);
  await clock.advance('1h');
  const error = await rejectionOf(cut);
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error).toMatchObject({ message: 'rig: timed out after 3 s', timeoutMs: 3_000 });
  expect(await settled).toMatchObject({ timeoutMs: 2_000 });
  expect(endless.now).toEqual({ is: 'pending' });
  expect(events.filter(({ type }) => type === 'timeout')).toMatchObject([
    { timeoutMs: 2_000 },
    { timeoutMs: 3_000 },
  ]);
  expect(clock.pending).toBe(0);
});

it('T2: each attempt of a call has what the call sets', async () => {
  const { clock, pipeline } = rig(retry({ initialDelay: 0, maxDelay: 0 }), timeout('1s'));
  const operation = byHand(clock);
  const call = pipeline.executeWith(operation, undefined, [2, 50]);
  await clock.advance('1m');
  expect(await rejectionOf(call)).toMatchObject({ timeoutMs: 50 });
  const start = operation.started[0]?.at ?? 0;
  expect(operation.started.map(({ at }) => at - start)).toEqual([0, 50, 100]);
});

it('R1: a call may ask for retries where the policy makes none, and for none', async () => {
  const fail = (): never => {
    throw new Error('boom');
  };
  const delays = { initialDelay: 0, maxDelay: 0 };
  for (const [maxRetries, own, attempts] of [
    [0, 2, 3],
    [2, 0, 1],
    [1, undefined, 2],
    [0, undefined, 1],
  ] as const) {
    const { pipeline, of } = rig(retry({ ...delays, maxRetries }));
    await rejectionOf(pipeline.executeWith(fail, undefined, [own]));
    expect(of('call')).toMatchObject([{ attempts }]);
  }
});

it('T1: a clock that was stopped starts anew, with what it is given on top', async () => {
  const { clock, pipeline } = rig(timeout('9s'), timeout('1s'));
  const operation = byHand(clock);
  const call = pipeline.execute(operation);
  const ended = follow(call);
  const { context } = operation.started[0]!;
  const attempt = clockOf(context, 1);
  attempt.stop();
  attempt.stop();
  expect(context.timeLeft).toBe(9_000);
  await clock.advance('5s');
  expect(ended.now).toEqual({ is: 'pending' });
  attempt.start(500);
  expect(context.timeLeft).toBe(1_500);
  await clock.advance(1_499);
  expect(ended.now).toEqual({ is: 'pending' });
  await clock.advance(1);
  expect(await rejectionOf(call)).toMatchObject({ timeoutMs: 1_000, policy: 'timeout_2' });
  // The attempt is over.
  attempt.stop();
  attempt.start(0);
  expect(clock.pending).toBe(0);
});

it('T2: while the clock of an attempt stands, the call’s goes on', async () => {
  const { clock, pipeline } = rig(timeout('9s'), timeout('1s'));
  const operation = byHand(clock);
  const call = pipeline.execute(operation);
  clockOf(operation.started[0]!.context, 1).stop();
  await clock.advance('9s');
  expect(await rejectionOf(call)).toMatchObject({ timeoutMs: 9_000, policy: 'timeout' });
});

it('T2: each attempt has a clock of its own', async () => {
  const { clock, pipeline } = rig(retry({ initialDelay: 0, maxDelay: 0 }), timeout('1s'));
  const operation = byHand(clock);
  const call = pipeline.execute(operation);
  const clocks: AttemptClock[] = [clockOf(operation.started[0]!.context, 1)];
  operation.started[0]!.reject(new Error('boom'));
  await clock.advance(0);
  // The clock of an attempt that is over moves no other.
  clocks[0]!.stop();
  clocks[0]!.start(5_000);
  clocks.push(clockOf(operation.started[1]!.context, 1));
  clocks[1]!.stop();
  await clock.advance('10s');
  expect(operation.started).toHaveLength(2);
  operation.started[1]!.resolve('done');
  expect(await call).toBe('done');
  expect(clock.pending).toBe(0);
});

it('T1: a clock that is stopped when its time is over does not come back', async () => {
  const { clock, pipeline } = rig(timeout('1s'));
  const operation = byHand(clock);
  pipeline.on('timeout', () => {
    const attempt = clockOf(operation.started[0]!.context, 0);
    attempt.stop();
    attempt.start(0);
  });
  const call = pipeline.execute(operation);
  await clock.advance('1s');
  expect(await rejectionOf(call)).toMatchObject({ timeoutMs: 1_000 });
  expect(clock.pending).toBe(0);
});

it('T2: only a timeout has a clock, and only one that bounds this attempt', async () => {
  const { clock, pipeline } = rig(timeout('2s'), retry({ initialDelay: 0 }), probe());
  const operation = byHand(clock);
  const call = pipeline.execute(operation);
  operation.started[0]!.reject(new Error('boom'));
  await clock.advance(500);
  const { context } = operation.started[1]!;
  for (const layer of [0, 1, 2, 3]) {
    clockOf(context, layer).stop();
    clockOf(context, layer).start(0);
  }
  await clock.advance(1_500);
  expect(await rejectionOf(call)).toMatchObject({ timeoutMs: 2_000 });
});

it('G6: times that are different for each call leave no queues behind', async () => {
  const { clock, pipeline } = rig(timeout('1s'));
  for (let i = 0; i < 2_000; i++) {
    expect(await pipeline.executeWith(() => i, undefined, [1_000 + i / 3])).toBe(i);
  }
  expect(pipeline.time.durations).toBeLessThan(600);
  expect(clock.pending).toBe(0);
});
