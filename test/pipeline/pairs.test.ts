import { getEventListeners } from 'node:events';
import {
  adaptiveLimiter,
  bulkhead,
  circuitBreaker,
  fallback,
  type Policy,
  pipeline,
  retry,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { deferred, never } from './support/deferred.js';

const ERROR = new Error('no');
const REASON = new Error('the caller left');

/** Each policy, with what a call comes to when the policy is around something that ends so. */
const policies: Record<string, () => Policy<unknown>> = {
  fallback: () => fallback('else'),
  timeout: () => timeout('1s'),
  retry: () => retry({ maxRetries: 2, initialDelay: 10, jitter: 'none', factor: 1, budget: false }),
  'circuit breaker': () => circuitBreaker({ consecutiveFailures: 50 }),
  bulkhead: () => bulkhead({ maxConcurrent: 2, maxQueued: 1 }),
  'adaptive limiter': () => adaptiveLimiter({ maxQueued: 1 }),
};

const names = Object.keys(policies);
const pairs = names.flatMap((outer) => names.map((inner): [string, string] => [outer, inner]));

describe.each(pairs)('%s around %s', (outer, inner) => {
  const has = (name: string): boolean => outer === name || inner === name;
  const make = () => {
    const clock = new VirtualClock();
    const discarded: unknown[] = [];
    const calls = pipeline(
      { name: 'calls', clock, discard: (value) => discarded.push(value) },
      (policies[outer] as () => Policy<unknown>)(),
      (policies[inner] as () => Policy<unknown>)(),
    );
    const outcomes: string[] = [];
    calls.on('call', ({ outcome }) => outcomes.push(outcome));
    const clean = (): void => {
      const snapshot = calls.snapshot();
      expect(snapshot.inFlight).toBe(0);
      for (const state of Object.values(snapshot.policies)) {
        expect(state).toMatchObject(
          'queued' in (state as object) ? { inFlight: 0, queued: 0 } : { state: 'closed' },
        );
      }
      expect(clock.pending).toBe(0);
    };
    return { calls, clock, clean, outcomes, discarded };
  };
  /** How often a call that always fails is run: a retry sees a failure unless a fallback inside of it answers. */
  const runsOfFailure = (): number => {
    let runs = 1;
    if (inner === 'retry') runs *= 3;
    if (outer === 'retry' && inner !== 'fallback') runs *= 3;
    return runs;
  };

  it.each([
    ['returns', () => 'value'],
    ['resolves', async () => 'value'],
  ])('an operation that %s is run once', async (_how, operation) => {
    const { calls, clean, outcomes } = make();
    expect(await calls.execute(operation)).toBe('value');
    clean();
    expect(outcomes).toEqual(['success']);
  });

  it.each([
    [
      'throws',
      (): never => {
        throw ERROR;
      },
    ],
    ['rejects', () => Promise.reject(ERROR)],
  ])('an operation that %s', async (_how, operation) => {
    const { calls, clock, clean, outcomes } = make();
    let runs = 0;
    const result = await clock.runUntil(
      calls.settle(() => {
        runs++;
        return operation();
      }),
    );
    expect(result).toEqual(
      has('fallback')
        ? { status: 'fulfilled', value: 'else' }
        : { status: 'rejected', reason: ERROR },
    );
    expect(runs).toBe(runsOfFailure());
    expect(outcomes).toEqual([has('fallback') ? 'fallback' : 'failure']);
    clean();
  });

  it('an operation that succeeds after a failure', async () => {
    const { calls, clock, clean } = make();
    let runs = 0;
    const result = await clock.runUntil(
      calls.settle(() => (++runs === 1 ? Promise.reject(ERROR) : 'value')),
    );
    const retried = inner === 'retry' || (outer === 'retry' && inner !== 'fallback');
    if (retried) expect(result).toEqual({ status: 'fulfilled', value: 'value' });
    else if (has('fallback')) expect(result).toEqual({ status: 'fulfilled', value: 'else' });
    else expect(result).toEqual({ status: 'rejected', reason: ERROR });
    clean();
  });

  it('an operation that never settles, given up by the caller', async () => {
    const { calls, clock, clean, outcomes, discarded } = make();
    const caller = new AbortController();
    const late = deferred();
    const call = calls.settle(() => late.promise, { signal: caller.signal });
    await clock.advance(500);
    caller.abort(REASON);
    expect(await call).toEqual({ status: 'rejected', reason: REASON });
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
    expect(outcomes).toEqual(['cancelled']);
    late.resolve('late');
    await clock.flush();
    expect(discarded).toEqual(['late']);
    clean();
  });

  if (has('timeout')) {
    it('an operation that never settles, given up by the timeout', async () => {
      const { calls, clock, outcomes } = make();
      let runs = 0;
      const result = await clock.runUntil(
        calls.settle(() => {
          runs++;
          return never();
        }),
      );
      if (has('fallback') && outer === 'fallback') {
        expect(result).toEqual({ status: 'fulfilled', value: 'else' });
        expect(outcomes).toEqual(['fallback']);
      } else {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_TIMEOUT' } });
        expect(outcomes).toEqual(['timeout']);
      }
      expect(runs).toBe(outer === 'retry' ? 3 : 1);
      expect(calls.snapshot().inFlight).toBe(0);
      expect(clock.pending).toBe(0);
    });
  }

  it('three calls at once, the second one aborted', async () => {
    const { calls, clock, clean } = make();
    const caller = new AbortController();
    const answers = [deferred(), deferred(), deferred()];
    let next = 0;
    const run = () => (answers[next++] as ReturnType<typeof deferred>).promise;
    const all = [undefined, caller.signal, undefined].map((signal) =>
      calls.settle(run, { signal }),
    );
    await clock.flush();
    caller.abort(REASON);
    await clock.flush();
    for (const { resolve } of answers) resolve('value');
    const results = await Promise.all(all);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toEqual({ status: 'rejected', reason: REASON });
    clean();
  });
});
