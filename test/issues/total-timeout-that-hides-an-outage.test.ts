import {
  bulkhead,
  circuitBreaker,
  type Drive,
  type Outcome,
  type Policy,
  pipeline,
  retry,
  standard,
  TimeoutError,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { deferred, never } from '../pipeline/support/deferred.js';
import { active, gate, logged, onFailure } from '../pipeline/support/layers.js';

const hanging = async (calls: number, policies: Policy[]) => {
  const clock = new VirtualClock();
  const made = pipeline({ name: 'calls', clock }, ...policies);
  let asked = 0;
  for (let i = 0; i < calls; i++) {
    const call = made.settle(() => {
      asked++;
      return never();
    });
    await clock.advance('1s');
    await call;
  }
  return asked;
};

/** Waits longer than the call may take. */
const sleepy = async (drive: Drive, first: Outcome) => {
  await drive.sleep(5_000);
  return first;
};

/** What a gate is told at its exit. */
const witness = (told: Outcome[], more = {}) =>
  gate({
    exit: (_call, { kind, error }: Outcome & { error?: unknown }) =>
      void told.push({ kind, error } as Outcome),
    ...more,
  });

/**
 * Where the total timeout is as short as that of an attempt, it fires first. Inside, everybody saw the call as cancelled, and
 * nobody counted it: 200 calls that hang left the breaker closed.
 */
describe('T2: a total timeout that expires while the operation runs', () => {
  it('T2: opens the breaker inside of it, through a retry and beside an attempt timeout as long', async () => {
    const breaker = circuitBreaker({ consecutiveFailures: 5, openFor: '1h' });
    const asked = await hanging(200, [timeout('1s'), retry(), breaker, timeout('1s')]);
    expect(breaker.state).toBe('open');
    expect(asked).toBeLessThan(60);
  });

  it('T2: opens the breaker of standard()', async () => {
    const policies = standard({ totalTimeout: '1s', circuitBreaker: { openFor: '1h' } });
    expect(await hanging(200, policies)).toBeLessThan(60);
  });

  it('T2: is a timeout to all gates of a first attempt, with that very error', async () => {
    const clock = new VirtualClock();
    const told: Outcome[] = [];
    const calls = pipeline(
      { name: 'calls', clock },
      timeout('1s'),
      witness(told),
      witness(told),
      timeout('5s'),
    );
    const call = calls.settle(never);
    await clock.advance('1s');
    const { reason } = (await call) as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(TimeoutError);
    expect(told).toEqual([
      { kind: 'timeout', error: reason },
      { kind: 'timeout', error: reason },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('T2: is one to the gates of a retry of a retry, and between them, and so is each attempt in events and counts', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const eager = { maxRetries: 1, initialDelay: 0 } as const;
    const calls = pipeline(
      { name: 'calls', clock },
      timeout('1s'),
      logged(log, 'outer'),
      retry(eager),
      logged(log, 'between'),
      retry(eager),
      logged(log, 'inner'),
    );
    const attempts: unknown[] = [];
    calls.on('attempt', ({ attempt, kind, outcome }) => attempts.push([attempt, kind, outcome]));
    const call = calls.settle(({ attempt }) =>
      attempt < 4 ? Promise.reject(new Error('no')) : never(),
    );
    await clock.advance('1s');
    expect(await call).toMatchObject({ reason: { timeoutMs: 1_000 } });
    expect(log.slice(-3)).toEqual([
      'inner exit timeout',
      'between exit timeout',
      'outer exit timeout',
    ]);
    expect(attempts.at(-1)).toEqual([4, 'retry', 'timeout']);
    expect(calls.tally.attempts).toContainEqual({ kind: 'retry', outcome: 'timeout', count: 1 });
    expect(calls.tally.attempts.map(({ outcome }) => outcome)).not.toContain('cancelled');
  });

  it('T2: tells a gate that holds the same, once the operation has settled', async () => {
    const clock = new VirtualClock();
    const told: Outcome[] = [];
    const late = deferred();
    const calls = pipeline(
      { name: 'calls', clock },
      timeout('1s'),
      retry(),
      witness(told, { holds: true }),
    );
    const call = calls.settle(() => late.promise);
    await clock.advance('1s');
    const { reason } = (await call) as PromiseRejectedResult;
    expect(told).toEqual([]);
    late.resolve('late');
    await clock.flush();
    expect(told).toEqual([{ kind: 'timeout', error: reason }]);
  });

  it('T2: of two attempts at once, the one that runs timed out and the one that waits was cancelled', async () => {
    const clock = new VirtualClock();
    const told: string[] = [];
    const calls = pipeline(
      { name: 'calls', clock },
      timeout('1s'),
      logged(told, 'outer'),
      active(async (drive) => {
        const runs = [drive.next(), drive.next({ kind: 'hedge' })];
        const outcomes = await Promise.all(runs);
        told.push(...outcomes.map(({ kind }) => `driver ${kind}`), `ended ${drive.ended}`);
        return outcomes[0] as Outcome;
      }),
      logged(told, 'inner'),
      bulkhead({ maxConcurrent: 1, maxQueued: 1 }),
    );
    const call = calls.settle(never);
    await clock.advance('1s');
    await call;
    expect(told.slice(0, 3)).toEqual(['outer enter', 'inner enter', 'inner enter']);
    expect(told.slice(3, 6).slice().sort()).toEqual([
      'inner exit cancelled',
      'inner exit timeout',
      'outer exit timeout',
    ]);
    // A driver that was given up has nothing to decide.
    expect(told.slice(6)).toEqual(['driver cancelled', 'driver cancelled', 'ended true']);
  });
});

describe('T2: where no operation runs, nobody has asked the upstream', () => {
  const cases: [string, () => Policy[], () => unknown][] = [
    ['in a queue', () => [gate({ enter: () => never() })], () => 1],
    [
      'in the queue of a retry',
      () => {
        let entered = 0;
        return [
          retry({ maxRetries: 1, initialDelay: 0 }),
          gate({ enter: () => (++entered === 1 ? undefined : never()) }),
        ];
      },
      () => Promise.reject(new Error('no')),
    ],
    // The attempt that was given up before may run on.
    ['in a backoff', () => [onFailure(sleepy), timeout('300ms')], never],
  ];

  it.each(cases)(
    'T2: a total timeout that expires %s is cancelled inside',
    async (_where, inside, operation) => {
      const clock = new VirtualClock();
      const told: Outcome[] = [];
      const breaker = circuitBreaker();
      const calls = pipeline(
        { name: 'calls', clock },
        timeout('1s'),
        witness(told),
        breaker,
        ...inside(),
      );
      const call = calls.settle(operation);
      await clock.advance('1s');
      const { reason } = (await call) as PromiseRejectedResult;
      expect(reason).toMatchObject({ timeoutMs: 1_000 });
      expect(told).toEqual([{ kind: 'cancelled', error: reason }]);
      expect(breaker.snapshot().window.calls).toBe(0);
    },
  );

  it('G5: nor is the caller’s abort anything but cancelled, whatever its reason', async () => {
    const clock = new VirtualClock();
    const told: Outcome[] = [];
    const calls = pipeline({ name: 'calls', clock }, timeout('1s'), retry(), witness(told));
    const caller = new AbortController();
    const call = calls.settle(never, { signal: caller.signal });
    await clock.flush();
    const reason = new TimeoutError('of the caller', { timeoutMs: 5 });
    caller.abort(reason);
    await call;
    expect(told).toEqual([{ kind: 'cancelled', error: reason }]);
  });
});
