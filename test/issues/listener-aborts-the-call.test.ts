import { bulkhead, pipeline, timeout } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { RejectedError } from '../../src/errors.js';
import { deferred, turn } from '../pipeline/support/deferred.js';
import { gate, logged } from '../pipeline/support/layers.js';

/**
 * A listener that aborted the caller's signal while it was told of an attempt gave the pass up for a second time: its
 * gates were left twice, the number of calls in flight fell below zero, and the pass went to the pool twice, so that
 * two later calls shared it.
 */
describe('a listener that aborts the call it is told of', () => {
  it('of an attempt that succeeded leaves the call to its result', async () => {
    const log: string[] = [];
    const calls = pipeline('calls', logged(log, 'a'), timeout('1s'), bulkhead());
    const caller = new AbortController();
    calls.on('attempt', () => caller.abort());
    const events: string[] = [];
    calls.on((event) => events.push(event.type));
    const result = await calls.settle(() => 'ok', { signal: caller.signal });
    expect(result).toEqual({ status: 'fulfilled', value: 'ok' });
    expect(log).toEqual(['a enter', 'a exit success']);
    expect(events).toEqual(['attempt', 'call']);
    expect(calls.snapshot().inFlight).toBe(0);
  });

  it('of an attempt that failed, too', async () => {
    const log: string[] = [];
    const calls = pipeline('calls', logged(log, 'a'));
    const caller = new AbortController();
    calls.on('attempt', () => caller.abort());
    const error = new Error('no');
    await expect(
      calls.execute(() => Promise.reject(error), { signal: caller.signal }),
    ).rejects.toBe(error);
    expect(log).toEqual(['a enter', 'a exit failure']);
    expect(calls.snapshot().inFlight).toBe(0);
  });

  it('never makes two calls share a pass', async () => {
    const calls = pipeline('calls');
    let caller = new AbortController();
    const stop = calls.on('attempt', () => caller.abort());
    for (let i = 0; i < 5; i++) {
      caller = new AbortController();
      await calls.settle(() => i, { signal: caller.signal });
    }
    stop();
    const waits = Array.from({ length: 10 }, () => deferred<number>());
    const all = waits.map(({ promise }) => calls.execute(() => promise));
    for (const [i, { resolve }] of waits.entries()) resolve(i);
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(calls.snapshot().inFlight).toBe(0);
  });

  it('of a refusal after a wait is left with that refusal', async () => {
    const log: string[] = [];
    const answer = deferred<RejectedError>();
    const calls = pipeline(
      'calls',
      logged(log, 'a'),
      gate({ enter: () => answer.promise, leave: () => log.push('leave') }),
    );
    const caller = new AbortController();
    calls.on('rejection', () => caller.abort());
    const call = calls.settle(() => 'ok', { signal: caller.signal });
    const refusal = new RejectedError('full');
    answer.resolve(refusal);
    expect(await call).toEqual({ status: 'rejected', reason: refusal });
    await turn();
    expect(log).toEqual(['a enter', 'a exit rejected']);
    expect(calls.snapshot().inFlight).toBe(0);
  });
});
