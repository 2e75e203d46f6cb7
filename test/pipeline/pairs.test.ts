import { getEventListeners } from 'node:events';
import { type CallOptions, ConfigError, chaos, circuitBreaker, pipeline, retry } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { deferred, never } from './support/deferred.js';
import { isAllowed, pairs, policies } from './support/pair-policies.js';

const ERROR = new Error('no');
const REASON = new Error('the caller left');

describe.each(pairs.filter(isAllowed))('%s around %s', (outer, inner) => {
  const has = (name: string): boolean => outer === name || inner === name;
  const make = () => {
    const clock = new VirtualClock();
    const discarded: unknown[] = [];
    const calls = pipeline(
      { name: 'calls', clock, discard: (value) => discarded.push(value) },
      policies[outer](),
      policies[inner](),
    );
    const outcomes: string[] = [];
    calls.on('call', ({ outcome }) => outcomes.push(outcome));
    const clean = (): void => {
      const snapshot = calls.snapshot();
      expect(snapshot.inFlight).toBe(0);
      for (const state of Object.values(snapshot.policies)) {
        const free = { inFlight: 0, queued: 0, state: 'closed' };
        for (const [field, value] of Object.entries(free)) {
          if (field in (state as object)) expect(state).toMatchObject({ [field]: value });
        }
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
      // The time of a hedge comes before that of the timeout.
      expect(runs).toBe(outer === 'retry' ? 3 : has('hedge') ? 2 : 1);
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

  it('G5: a caller who left before: the operation is never called', async () => {
    const { calls, clean, outcomes } = make();
    let runs = 0;
    const left = AbortSignal.abort(REASON);
    expect(await calls.settle(() => runs++, { signal: left })).toEqual({
      status: 'rejected',
      reason: REASON,
    });
    expect(runs).toBe(0);
    expect(outcomes).toEqual(['cancelled']);
    clean();
  });

  it('G9: an operation that rejects after it was given up is not heard of again', async () => {
    const { calls, clock, clean, outcomes, discarded } = make();
    const caller = new AbortController();
    const late = deferred();
    const call = calls.settle(() => late.promise, { signal: caller.signal });
    await clock.advance(1);
    caller.abort(REASON);
    await call;
    late.reject(ERROR);
    await clock.flush();
    expect(outcomes).toEqual(['cancelled']);
    expect(discarded).toEqual([]);
    clean();
  });

  describe('a call with a priority, a cost and a deadline', () => {
    const options: CallOptions = { priority: 'low', cost: 3, timeout: 300 };

    it('is run once if it succeeds', async () => {
      const { calls, clean, outcomes } = make();
      let runs = 0;
      const answer = calls.execute(({ timeLeft }) => {
        runs++;
        return timeLeft;
      }, options);
      expect(await answer).toBeLessThanOrEqual(300);
      expect([runs, outcomes]).toEqual([1, ['success']]);
      clean();
    });

    it('G2: ends at its deadline if it hangs, whatever the policies would do, and leaves nothing behind', async () => {
      const { calls, clock, outcomes, clean } = make();
      let runs = 0;
      const late = deferred();
      const call = calls.settle(() => {
        runs++;
        return late.promise;
      }, options);
      await clock.advance(299);
      expect(outcomes).toEqual([]);
      await clock.advance(1);
      expect(await call).toMatchObject({ status: 'rejected', reason: { code: 'ERR_TIMEOUT' } });
      expect([runs, outcomes]).toEqual([1, ['timeout']]);
      late.resolve('late');
      await clock.flush();
      clean();
    });

    it('is not begun if its deadline is over', async () => {
      const { calls, clean, outcomes } = make();
      let runs = 0;
      const over = { priority: 'low', cost: 3, deadline: -1 } as const;
      expect(await calls.settle(() => runs++, over)).toMatchObject({ status: 'rejected' });
      expect([runs, outcomes]).toEqual([0, ['timeout']]);
      clean();
    });
  });

  if (has('hedge')) {
    it('H2: an attempt that hangs is hedged, and the hedge answers', async () => {
      const { calls, clock, clean, discarded } = make();
      const first = deferred();
      let runs = 0;
      const result = await clock.runUntil(
        calls.settle(() => (++runs === 1 ? first.promise : 'value')),
      );
      expect(result).toEqual({ status: 'fulfilled', value: 'value' });
      // Two of them start theirs at the same time.
      expect(runs).toBe(outer === inner ? 3 : 2);
      first.resolve('late');
      await clock.flush();
      expect(discarded).toEqual(outer === inner ? ['value', 'late'] : ['late']);
      clean();
    });
  }
});

describe.each(pairs.filter((pair) => !isAllowed(pair)))('%s around %s', (outer, inner) => {
  it('C2: is refused when the pipeline is made', () => {
    expect(() => pipeline('calls', policies[outer](), policies[inner]())).toThrow(ConfigError);
  });
});

describe.each(pairs.filter(isAllowed))('%s around %s, and chaos innermost', (outer, inner) => {
  const run = async (inject: boolean) => {
    const clock = new VirtualClock();
    const injected = chaos({ faults: { rate: 1, error: () => ERROR } });
    const calls = pipeline(
      { name: 'calls', clock },
      policies[outer](),
      policies[inner](),
      injected,
    );
    const attempts: string[] = [];
    calls.on('attempt', ({ kind, outcome }) => attempts.push(`${kind} ${outcome}`));
    if (inject) injected.start();
    const result = await clock.runUntil(
      calls.settle(() => (inject ? 'value' : Promise.reject(ERROR))),
    );
    return { result, attempts, at: clock.now(), pending: clock.pending };
  };

  it('C3: an injected fault comes to what a real one comes to', async () => {
    expect(await run(true)).toEqual(await run(false));
  });
});

describe('a refusal inside', () => {
  it('G3: of a retry, or of a first attempt, gives all places back', async () => {
    for (const [outer] of pairs.filter(([, inner]) => inner === 'circuit breaker')) {
      if (outer === 'chaos') continue;
      const clock = new VirtualClock();
      const breaker = circuitBreaker({ name: 'shut' });
      const calls = pipeline({ name: 'calls', clock }, policies[outer](), retry(), breaker);
      breaker.trip();
      const result = await clock.runUntil(calls.settle(() => 'value'));
      expect(result.status).toBe(outer === 'fallback' ? 'fulfilled' : 'rejected');
      expect(calls.snapshot().inFlight).toBe(0);
      for (const state of Object.values(calls.snapshot().policies)) {
        if ('inFlight' in (state as object)) expect(state).toMatchObject({ inFlight: 0 });
      }
      expect(clock.pending).toBe(0);
    }
  });
});
