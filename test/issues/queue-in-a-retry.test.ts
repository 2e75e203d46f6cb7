import { bulkhead, pipeline, retry, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { deferred, never } from '../pipeline/support/deferred.js';
import { gate, logged } from '../pipeline/support/layers.js';

describe('a call that leaves a queue', () => {
  /**
   * The promise of admission of a call that left a queue never settles. A retry whose attempt was waiting there was taken
   * for running for ever, and a bulkhead around it never got its slot back.
   */
  it('G3: in a retry gives back the slot of a bulkhead outside the retry', async () => {
    const clock = new VirtualClock();
    const outer = bulkhead({ maxConcurrent: 1 });
    const inner = bulkhead({ maxConcurrent: 1, maxQueued: 5 });
    const other = pipeline({ name: 'other', clock }, inner);
    const calls = pipeline(
      { name: 'calls', clock },
      outer,
      retry({ maxRetries: 1, initialDelay: 10, jitter: 'none' }),
      inner,
    );
    const caller = new AbortController();
    const call = calls.settle(() => Promise.reject(new Error('first')), { signal: caller.signal });
    await clock.flush();
    void other.settle(never);
    await clock.advance(20);
    expect(inner.snapshot().queued).toBe(1);
    caller.abort(new Error('enough'));
    expect(await call).toMatchObject({ reason: { message: 'enough' } });
    expect(inner.snapshot().queued).toBe(0);
    expect(outer.snapshot().inFlight).toBe(0);
  });

  /** A gate that cannot call an admission back got the layer of the pass wrong from then on: gates were left twice. */
  it('G3: and is admitted all the same changes nothing in the attempts that follow', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const late = deferred<undefined>();
    let first = true;
    const calls = pipeline(
      { name: 'calls', clock },
      logged(log, 'outer'),
      timeout('10s'),
      retry({ maxRetries: 1, initialDelay: 1_000, jitter: 'none' }),
      timeout('1s'),
      logged(log, 'inner'),
      gate({
        enter() {
          if (!first) return undefined;
          first = false;
          return late.promise;
        },
        exit: (_call, outcome) => log.push(`queue exit ${outcome.kind}`),
        leave: () => log.push('queue leave'),
      }),
    );
    const call = calls.settle(never);
    await clock.advance(1_500);
    expect(log).toEqual(['outer enter', 'inner enter', 'queue leave', 'inner exit cancelled']);
    late.resolve(undefined);
    await clock.flush();
    expect(log.slice(4)).toEqual(['queue exit cancelled']);
    await clock.advance(10_000);
    expect(await call).toMatchObject({ status: 'rejected', reason: { timeoutMs: 1_000 } });
    expect(log.slice(5)).toEqual([
      'inner enter',
      'queue exit timeout',
      'inner exit timeout',
      'outer exit timeout',
    ]);
    expect(clock.pending).toBe(0);
  });
});
