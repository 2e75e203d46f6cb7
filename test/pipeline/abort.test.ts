import { getEventListeners } from 'node:events';
import {
  bulkhead,
  type Context,
  circuitBreaker,
  fallback,
  type Policy,
  pipeline,
  retry,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { deferred, never, turn } from './support/deferred.js';
import { active, gate, logged } from './support/layers.js';

const REASON = new Error('the caller left');

interface Phase {
  /** Policies that bring the call into the phase. */
  readonly policies: (caller: AbortController) => readonly Policy<unknown>[];
  readonly operation: (context: Context, caller: AbortController) => unknown;
  /** Whether the phase itself aborts; otherwise the test does, once the call is there. */
  readonly byItself?: true;
  /** How often the operation is called. */
  readonly runs: number;
}

const fails = (): Promise<never> => Promise.reject(new Error('no'));

const phases: Record<string, Phase> = {
  'in a gate being entered': {
    policies: (caller) => [
      gate({
        enter() {
          caller.abort(REASON);
          return undefined;
        },
      }),
    ],
    operation: () => 1,
    byItself: true,
    runs: 0,
  },
  'in a gate that then has to wait': {
    policies: (caller) => [
      gate({
        enter() {
          caller.abort(REASON);
          return never();
        },
      }),
    ],
    operation: () => 1,
    byItself: true,
    runs: 0,
  },
  'in a gate that then throws': {
    policies: (caller) => [
      gate({
        enter() {
          caller.abort(REASON);
          throw new Error('no');
        },
      }),
    ],
    operation: () => 1,
    byItself: true,
    runs: 0,
  },
  'before a driver that runs everything itself': {
    policies: (caller) => [
      gate({
        enter() {
          caller.abort(REASON);
          return undefined;
        },
      }),
      active((drive) => drive.next()),
    ],
    operation: () => 1,
    byItself: true,
    runs: 0,
  },
  'while waiting for admission': {
    policies: () => [gate({ enter: () => never() })],
    operation: () => 1,
    runs: 0,
  },
  'while the operation runs': { policies: () => [], operation: never, runs: 1 },
  'by the operation itself, which then returns': {
    policies: () => [],
    operation: (_context, caller) => {
      caller.abort(REASON);
      return 'too late';
    },
    byItself: true,
    runs: 1,
  },
  'by the operation itself, which then throws': {
    policies: () => [],
    operation: (_context, caller) => {
      caller.abort(REASON);
      throw new Error('too late');
    },
    byItself: true,
    runs: 1,
  },
  'in backoff': {
    policies: () => [retry({ initialDelay: '1h', maxDelay: '1h', jitter: 'none' })],
    operation: fails,
    runs: 1,
  },
  'in a retry': {
    policies: () => [retry({ maxRetries: 1, initialDelay: 0, maxDelay: 0 })],
    operation: ({ attempt }) => (attempt === 1 ? fails() : never()),
    runs: 2,
  },
  'in a retry of a retry': {
    policies: () => [
      retry({ maxRetries: 1, initialDelay: 0, maxDelay: 0 }),
      retry({ maxRetries: 1, initialDelay: 0, maxDelay: 0 }),
    ],
    operation: ({ attempt }) => (attempt < 4 ? fails() : never()),
    runs: 4,
  },
  'in a fallback function': {
    policies: () => [fallback(() => never())],
    operation: fails,
    runs: 1,
  },
  'in an exit after which a driver would run again': {
    policies: (caller) => [
      retry({ maxRetries: 3, initialDelay: 0, maxDelay: 0 }),
      gate({ exit: () => caller.abort(REASON) }),
    ],
    operation: fails,
    byItself: true,
    runs: 1,
  },
  'in a driver at its start': {
    policies: (caller) => [
      active((drive) => {
        caller.abort(REASON);
        return drive.next();
      }),
    ],
    operation: () => 1,
    byItself: true,
    runs: 0,
  },
};

const around: [string, () => Policy<unknown>[]][] = [
  ['alone', () => []],
  ['inside a timeout and a fallback', () => [fallback('never asked'), timeout('2h')]],
  ['inside a retry', () => [retry({ initialDelay: 0, maxDelay: 0 })]],
];

describe.each(Object.entries(phases))('an abort %s', (_name, phase) => {
  it.each(around)(
    'G5: rejects at once with the reason of the caller, %s',
    async (_where, outer) => {
      const clock = new VirtualClock();
      const caller = new AbortController();
      const log: string[] = [];
      let runs = 0;
      let signal: AbortSignal | undefined;
      const slots = bulkhead({ maxConcurrent: 1, releaseOnAbandon: true });
      const breaker = circuitBreaker({ consecutiveFailures: 50 });
      const calls = pipeline(
        { name: 'calls', clock },
        ...outer(),
        logged(log, 'gate'),
        slots,
        ...phase.policies(caller),
        breaker,
      );
      const outcomes: string[] = [];
      calls.on('call', ({ outcome }) => outcomes.push(outcome));
      const call = calls.settle(
        (context) => {
          runs++;
          ({ signal } = context);
          return phase.operation(context, caller);
        },
        { signal: caller.signal },
      );
      if (phase.byItself === undefined) {
        await clock.flush();
        expect(runs).toBe(phase.runs);
        caller.abort(REASON);
        expect(calls.snapshot().inFlight).toBe(0);
      }
      const result = await call;
      await clock.flush();
      expect(result).toEqual({ status: 'rejected', reason: REASON });
      expect(runs).toBe(phase.runs);
      if (signal !== undefined && !phase.policies.toString().includes('exit')) {
        // Of the last attempt: aborted with the reason unless that attempt had ended before.
        expect([undefined, REASON]).toContain(signal.reason);
      }
      expect(outcomes).toEqual(['cancelled']);
      expect(log.filter((line) => line.includes('exit'))).toHaveLength(
        log.filter((line) => line.includes('enter')).length,
      );
      expect(slots.snapshot()).toMatchObject({ inFlight: 0, queued: 0 });
      expect(clock.pending).toBe(0);
      expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
      expect(calls.snapshot().inFlight).toBe(0);
    },
  );
});

describe('an abort', () => {
  it('G5: beforehand never calls the operation, nor any policy', async () => {
    const log: string[] = [];
    const calls = pipeline('calls', logged(log, 'a'), fallback('else'), timeout('1s'));
    let runs = 0;
    const outcomes: unknown[] = [];
    calls.on(({ type }) => outcomes.push(type));
    const call = calls.execute(() => runs++, { signal: AbortSignal.abort(REASON) });
    await expect(call).rejects.toBe(REASON);
    expect([runs, log, outcomes]).toEqual([0, [], ['call']]);
  });

  it('G5: during the operation aborts its signal with the same reason', async () => {
    const caller = new AbortController();
    const calls = pipeline('calls', retry());
    const early: AbortSignal[] = [];
    let late: Context | undefined;
    const reads = calls.settle(
      (context) => {
        early.push(context.signal);
        return never();
      },
      { signal: caller.signal },
    );
    const reader = calls.settle(
      (context) => {
        late = context;
        return never();
      },
      { signal: caller.signal },
    );
    caller.abort(REASON);
    expect(early[0]?.reason).toBe(REASON);
    expect(late?.signal.aborted).toBe(true);
    expect(late?.signal.reason).toBe(REASON);
    expect(await reads).toEqual({ status: 'rejected', reason: REASON });
    expect(await reader).toEqual({ status: 'rejected', reason: REASON });
  });

  it('G5: while queued leaves the queue at that moment', async () => {
    const clock = new VirtualClock();
    const slots = bulkhead({ maxConcurrent: 1, maxQueued: 3, maxWait: '1h' });
    const calls = pipeline({ name: 'calls', clock }, slots);
    const answer = deferred();
    const first = calls.execute(() => answer.promise);
    const caller = new AbortController();
    const order: number[] = [];
    const second = calls.settle(() => order.push(2), { signal: caller.signal });
    const third = calls.settle(() => order.push(3));
    expect(slots.snapshot().queued).toBe(2);
    caller.abort(REASON);
    expect(slots.snapshot().queued).toBe(1);
    expect(await second).toEqual({ status: 'rejected', reason: REASON });
    answer.resolve(1);
    await first;
    await third;
    expect(order).toEqual([3]);
    expect(clock.pending).toBe(0);
  });

  it('G5: by a listener of a queued call leaves the queue too', async () => {
    const slots = bulkhead({ maxConcurrent: 1, maxQueued: 3 });
    const calls = pipeline('calls', slots);
    const answer = deferred();
    const first = calls.execute(() => answer.promise);
    const caller = new AbortController();
    calls.on('queued', () => caller.abort(REASON));
    const second = await calls.settle(() => 2, { signal: caller.signal });
    expect(second).toEqual({ status: 'rejected', reason: REASON });
    expect(slots.snapshot().queued).toBe(0);
    answer.resolve(1);
    expect(await first).toBe(1);
  });

  it('G5: after the result is there leaves the result alone', async () => {
    const caller = new AbortController();
    const calls = pipeline('calls', gate({ exit: () => caller.abort(REASON) }));
    expect(await calls.execute(() => 'there', { signal: caller.signal })).toBe('there');
    const other = new AbortController();
    const call = calls.execute(() => 'there', { signal: other.signal });
    other.abort(REASON);
    await expect(call).resolves.toBe('there');
  });

  it('G5: is never a failure: breaker, budget and limits do not count it', async () => {
    const breaker = circuitBreaker({ consecutiveFailures: 1, minimumCalls: 1 });
    const retrying = retry({ budget: { minPerSecond: 1, ratio: 0 } });
    const calls = pipeline('calls', retrying, breaker);
    const balance = retrying.budget?.balance(performance.now());
    for (let i = 0; i < 20; i++) {
      const caller = new AbortController();
      const call = calls.settle(never, { signal: caller.signal });
      caller.abort();
      await call;
    }
    expect(breaker.snapshot()).toMatchObject({
      state: 'closed',
      window: { calls: 0, failures: 0 },
    });
    expect(retrying.budget?.balance(performance.now())).toBe(balance);
  });

  it('G5: cancels what a fallback function does through its signal', async () => {
    const caller = new AbortController();
    let seen: Context | undefined;
    const calls = pipeline(
      'calls',
      fallback((_outcome, context) => {
        seen = context;
        return new Promise((_resolve, reject) => {
          context.signal.addEventListener('abort', () => reject(context.signal.reason));
        });
      }),
    );
    const call = calls.settle(fails, { signal: caller.signal });
    await turn();
    expect(seen).toMatchObject({ attempt: 1, pipeline: 'calls', deadline: Infinity });
    caller.abort(REASON);
    expect(seen?.signal.reason).toBe(REASON);
    expect(await call).toEqual({ status: 'rejected', reason: REASON });
    await turn();
  });

  it('G5: in an attempt started by hand ends that attempt only', async () => {
    const only = new AbortController();
    const calls = pipeline(
      'calls',
      active(async (drive) => {
        const given = drive.next({ signal: only.signal });
        only.abort(REASON);
        const first = await given;
        expect(first).toMatchObject({ kind: 'cancelled', error: REASON });
        const never = await drive.next({ signal: AbortSignal.abort(REASON) });
        expect(never).toMatchObject({ kind: 'cancelled', error: REASON });
        return drive.next();
      }),
    );
    const attempts: number[] = [];
    const result = await calls.execute(({ attempt }) => {
      attempts.push(attempt);
      return attempt === 1 ? never() : attempt;
    });
    expect(result).toBe(2);
    expect(attempts).toEqual([1, 2]);
  });

  it('G5: one long-lived signal serves a thousand calls at once without a warning', async () => {
    const warnings: unknown[] = [];
    const note = (warning: unknown): void => void warnings.push(warning);
    process.on('warning', note);
    const caller = new AbortController();
    const calls = pipeline('calls', timeout('1h'));
    const all = Array.from({ length: 1_000 }, () => calls.settle(never, { signal: caller.signal }));
    await turn();
    caller.abort(REASON);
    const results = await Promise.all(all);
    expect(new Set(results.map((result) => (result as PromiseRejectedResult).reason))).toEqual(
      new Set([REASON]),
    );
    await turn();
    process.off('warning', note);
    expect(warnings).toEqual([]);
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });
});
