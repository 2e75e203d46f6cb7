import {
  bulkhead,
  type Context,
  circuitBreaker,
  fallback,
  type PipelineLayer,
  pipeline,
  retry,
  throttle,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it, vi } from 'vitest';
import { Pass } from '../../src/pipeline/call/pass.js';

const NO = new Error('no');
const RETRY = retry({ initialDelay: 0, maxRetries: 1 });

/** Runs an operation that fails once, by default without a delay before the second attempt. */
async function twice<T>(
  second: (context: Context) => Promise<T> | T,
  policies: readonly PipelineLayer[] = [timeout('10s'), RETRY],
) {
  const clock = new VirtualClock();
  const calls = pipeline({ name: 'calls', clock }, ...policies);
  const ran = vi.fn((context: Context) =>
    ran.mock.calls.length === 1 ? Promise.reject(NO) : second(context),
  );
  const call = calls.settle(ran as (context: Context) => Promise<T>);
  await clock.advance(5_000);
  return { result: await call, attempts: ran.mock.calls.length, calls };
}

describe('R1: a second attempt on the straight path', () => {
  it('fails with what its operation throws', async () => {
    const { result, attempts } = await twice(() => {
      throw new TypeError('thrown');
    });
    expect([result.status, attempts]).toEqual(['rejected', 2]);
    expect(result).toMatchObject({ reason: { message: 'thrown' } });
  });

  it('answers a value that is no promise', async () => {
    expect(await twice(() => 'at once')).toMatchObject({ result: { value: 'at once' } });
  });

  it('has a context that knows the pipeline, its number and the time that is left', async () => {
    const seen = await twice(async ({ pipeline: name, attempt, timeLeft, deadline }) => [
      name,
      attempt,
      timeLeft,
      Number.isFinite(deadline),
    ]);
    expect(seen.result).toMatchObject({ value: ['calls', 2, 10_000, true] });
  });

  it('is refused by a policy inside like any other', async () => {
    const { result, attempts } = await twice(
      () => 'not called',
      [RETRY, circuitBreaker({ failingFor: 0, window: { calls: 1 }, minimumCalls: 1 })],
    );
    expect([result.status, attempts]).toEqual(['rejected', 1]);
    expect(result).toMatchObject({ reason: NO });
  });
});

it('G1: six policies are entered one after another, and the last one may refuse', async () => {
  const adopted = vi.spyOn(Pass, 'adopt');
  const clock = new VirtualClock();
  const full = (maxConcurrent: number) => bulkhead({ maxConcurrent, maxQueued: 0 });
  const policies = [full(9), full(8), full(7), full(6), full(5), full(1)];
  const calls = pipeline({ name: 'calls', clock }, throttle(), ...policies);
  let finish = (_value: string) => {};
  const first = calls.execute(() => new Promise<string>((resolve) => (finish = resolve)));
  const second = calls.settle(async () => 'second');
  expect(await second).toMatchObject({ reason: { code: 'ERR_BULKHEAD_FULL' } });
  finish('first');
  expect(await first).toBe('first');
  expect(await calls.execute(async () => 'third')).toBe('third');
  adopted.mockRestore();
});

it('F1: a fallback outside answers when the second attempt has failed as well', async () => {
  const { result, attempts } = await twice(
    () => Promise.reject(new Error('again')),
    [fallback('instead'), RETRY],
  );
  expect([result, attempts]).toMatchObject([{ status: 'fulfilled', value: 'instead' }, 2]);
});
