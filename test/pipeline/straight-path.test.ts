import type { Context } from 'holdfast';
import { bulkhead, circuitBreaker, fallback, keyed, pipeline, retry, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { startPipelineOver } from '../../src/pipeline/lifecycle/start-over.js';
import { deferred } from './support/deferred.js';

const read = ({ attempt, deadline, timeLeft, pipeline }: Context) => ({
  attempt,
  deadline,
  timeLeft,
  pipeline,
});

describe.each([
  ['on the straight path', undefined],
  ['with a signal', new AbortController().signal],
])('the context of a call, %s', (_, signal) => {
  const options = signal === undefined ? undefined : { signal };

  it('G5: tells the time it has while the operation runs, and nothing of the call afterwards', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock }, timeout('1s'));
    const answer = deferred();
    let kept!: Context;
    const call = calls.execute((context) => {
      kept = context;
      return answer.promise;
    }, options);
    const startedAt = clock.now();
    expect(kept.pipeline).toBe('calls');
    expect(read(kept)).toEqual({
      attempt: 1,
      deadline: startedAt + 1_000,
      timeLeft: 1_000,
      pipeline: 'calls',
    });
    await clock.advance(400);
    expect(kept.timeLeft).toBe(600);
    expect(kept.pipeline).toBe('calls');
    answer.resolve(7);
    expect(await call).toBe(7);
    expect(read(kept)).toMatchObject({ deadline: Infinity, timeLeft: Infinity, pipeline: '' });
    expect(calls.inFlight).toBe(0);
  });

  it('G5: has no end without a timeout', async () => {
    const calls = pipeline('calls', retry());
    let seen: unknown;
    let kept!: Context;
    await calls.execute((context) => {
      kept = context;
      seen = read(context);
      return Promise.resolve(1);
    }, options);
    expect(seen).toEqual({ attempt: 1, deadline: Infinity, timeLeft: Infinity, pipeline: 'calls' });
    expect(read(kept)).toMatchObject({ deadline: Infinity, timeLeft: Infinity, pipeline: '' });
  });

  it('G5: shows nothing of the engine to who lists or writes it', async () => {
    const calls = pipeline('calls', timeout('1s'));
    let kept!: Context;
    await calls.execute((context) => {
      kept = context;
      return Promise.resolve(1);
    }, options);
    expect(Object.keys(kept)).toEqual(['attempt']);
    expect(JSON.parse(JSON.stringify(kept))).toEqual({ attempt: 1 });
  });
});

describe('a call on the straight path', () => {
  it('G3: is told to a policy that has started over meanwhile, whatever came of it', async () => {
    for (const settles of [true, false]) {
      const slots = bulkhead({ maxConcurrent: 1 });
      const calls = pipeline('calls', slots, fallback('instead'));
      const failing = deferred();
      const call = calls.execute(() => failing.promise);
      slots.startOver();
      if (settles) failing.resolve('done');
      else failing.reject(new Error('no'));
      expect(await call).toBe(settles ? 'done' : 'instead');
      expect(slots.snapshot().inFlight).toBe(0);
      expect(calls.tally.calls).toMatchObject(
        settles ? [{ outcome: 'success', once: 1 }] : [{ outcome: 'fallback', once: 1 }],
      );
      expect(await calls.execute(() => Promise.resolve(2))).toBe(2);
    }
  });

  it('a copy that starts over has seen no calls, and neither has one that drained', async () => {
    const byKey = keyed(pipeline('calls', retry(), circuitBreaker(), timeout('1s')));
    const copy = byKey.get('a');
    expect(await copy.execute(() => Promise.resolve(1))).toBe(1);
    expect(copy.snapshot().policies.circuit_breaker.window.calls).toBe(1);
    startPipelineOver(copy);
    expect(copy.kept).toBe(undefined);
    expect(copy.snapshot().policies.circuit_breaker.window.calls).toBe(0);
    await copy.drain('1s');
    expect(await copy.settle(() => 1)).toMatchObject({ reason: { code: 'ERR_DRAINING' } });
    startPipelineOver(copy);
    expect(await copy.execute(() => Promise.resolve(3))).toBe(3);
    expect(
      await copy.settle(() => Promise.reject(new Error('no')), { timeout: '1ms' }),
    ).toMatchObject({ status: 'rejected' });
    startPipelineOver(copy);
    expect(copy.snapshot().policies.circuit_breaker.window.calls).toBe(0);
  });
});
