import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type PipelineEvent, pipeline, retry, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it, vi } from 'vitest';
import { Pass } from '../../src/pipeline/call/pass.js';

/** An error that asks its call how much time it has, to say when the call may be made again. */
class Busy extends Error {
  readonly #context: Context;

  constructor(context: Context) {
    super('busy');
    this.#context = context;
  }

  get retryAfter(): number {
    return Math.min(300, this.#context.timeLeft / 2);
  }
}

it('R4, R5: a failure that reads its context is waited for as long as it asks', async () => {
  const clock = new VirtualClock();
  const policies = [timeout('10s'), retry({ random: () => 0 })];
  const calls = pipeline({ name: 'calls', clock }, ...policies);
  const startedAt: number[] = [];
  const call = calls.execute((context) => {
    startedAt.push(clock.now());
    return startedAt.length === 1 ? Promise.reject(new Busy(context)) : Promise.resolve('done');
  });
  const begin = clock.now();
  await clock.advance(1_000);
  expect(await call).toBe('done');
  expect(startedAt).toEqual([begin, begin + 300]);
});

it('G14: who begins to listen between two attempts hears of the call in its own async context', async () => {
  const clock = new VirtualClock();
  const calls = pipeline({ name: 'calls', clock }, timeout('10s'), retry({ random: () => 0.5 }));
  const passes = vi.spyOn(Pass, 'adopt');
  const inCall = new AsyncLocalStorage<string>();
  const heardIn: unknown[] = [];
  let attempts = 0;
  const call = inCall.run('the call', () =>
    calls.settle(() =>
      ++attempts === 1 ? Promise.reject(new Error('no')) : new Promise(() => {}),
    ),
  );
  await clock.advance(10);
  calls.on('timeout', ({ type }: PipelineEvent) => heardIn.push([type, inCall.getStore()]));
  await clock.advance(1_000);
  expect([attempts, passes.mock.calls.length]).toEqual([2, 0]);
  await clock.advance(10_000);
  expect(await call).toMatchObject({ reason: { code: 'ERR_TIMEOUT' } });
  expect(heardIn).toEqual([['timeout', 'the call']]);
});
