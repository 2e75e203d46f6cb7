import { circuitBreaker, fallback, pipeline, retry } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { deferred } from '../pipeline/support/deferred.js';

const bad = { handle: (outcome: { kind: string; value?: unknown }) => outcome.value === 'bad' };

/** A result that nobody receives was given to the discard hook twice, or not at all, and one that was received, too. */
describe('the discard hook', () => {
  it('G9: is given a retried result once when the call is aborted in backoff', async () => {
    const clock = new VirtualClock();
    const discarded: unknown[] = [];
    const calls = pipeline(
      { name: 'calls', clock, discard: (value) => discarded.push(value) },
      retry(bad),
    );
    const caller = new AbortController();
    const call = calls.settle(() => 'bad', { signal: caller.signal });
    await clock.flush();
    caller.abort();
    await call;
    await clock.flush();
    expect(discarded).toEqual(['bad']);
  });

  it('G9: is given a result once that came in the very moment of the abort', async () => {
    const clock = new VirtualClock();
    const discarded: unknown[] = [];
    const calls = pipeline(
      { name: 'calls', clock, discard: (value) => discarded.push(value) },
      retry({ initialDelay: 0, maxDelay: 0, jitter: 'none' }),
    );
    const caller = new AbortController();
    const second = deferred();
    let runs = 0;
    const call = calls.settle(
      () => (++runs === 1 ? Promise.reject(new Error('no')) : second.promise),
      {
        signal: caller.signal,
      },
    );
    await clock.flush();
    second.resolve('late');
    await Promise.resolve();
    caller.abort();
    expect(await call).toMatchObject({ status: 'rejected' });
    await clock.flush();
    expect(discarded).toEqual(['late']);
  });

  it('G9: is given the result that a fallback replaces, also when the call is aborted meanwhile', async () => {
    const discarded: unknown[] = [];
    const instead = deferred();
    const calls = pipeline(
      { name: 'calls', discard: (value) => discarded.push(value) },
      fallback(() => instead.promise, bad),
    );
    const caller = new AbortController();
    const call = calls.settle(() => 'bad', { signal: caller.signal });
    await Promise.resolve();
    caller.abort();
    await call;
    instead.resolve('instead');
    await new Promise(setImmediate);
    expect(discarded.sort()).toEqual(['bad', 'instead']);
  });

  it('G9: is given the result that a fallback was for, when the fallback fails', async () => {
    const discarded: unknown[] = [];
    const calls = pipeline(
      { name: 'calls', discard: (value) => discarded.push(value) },
      fallback(() => {
        throw new Error('no');
      }, bad),
    );
    await expect(calls.execute(() => 'bad')).rejects.toThrow('no');
    expect(discarded).toEqual(['bad']);
  });

  it('is not given a result that the fallback passes on', async () => {
    const discarded: unknown[] = [];
    const calls = pipeline(
      { name: 'calls', discard: (value) => discarded.push(value) },
      fallback((outcome) => (outcome.kind === 'success' ? outcome.value : 'else'), bad),
    );
    expect(await calls.execute(() => 'bad')).toBe('bad');
    expect(discarded).toEqual([]);
  });

  it('is not given the constant value of a fallback', async () => {
    const discarded: unknown[] = [];
    const calls = pipeline(
      { name: 'calls', discard: (value) => discarded.push(value) },
      fallback('constant'),
    );
    const caller = new AbortController();
    const call = calls.settle(() => Promise.reject(new Error('no')), { signal: caller.signal });
    calls.on('fallback', () => caller.abort());
    await call;
    await new Promise(setImmediate);
    expect(discarded).toEqual([]);
  });

  it('G9: is given a result that is lost because a predicate throws', async () => {
    const discarded: unknown[] = [];
    const fault = new Error('in the predicate');
    const handle = (): boolean => {
      throw fault;
    };
    for (const policy of [circuitBreaker({ handle }), retry({ handle })]) {
      const calls = pipeline({ name: 'calls', discard: (value) => discarded.push(value) }, policy);
      await expect(calls.execute(() => 'answer')).rejects.toBe(fault);
    }
    expect(discarded).toEqual(['answer', 'answer']);
  });

  it('G9: is given a result whose retry is not made because the delay function throws', async () => {
    const discarded: unknown[] = [];
    const fault = new Error('in the delay function');
    const calls = pipeline(
      { name: 'calls', discard: (value) => discarded.push(value) },
      retry({
        ...bad,
        delayFrom: () => {
          throw fault;
        },
      }),
    );
    await expect(calls.execute(() => 'bad')).rejects.toBe(fault);
    expect(discarded).toEqual(['bad']);
  });
});
