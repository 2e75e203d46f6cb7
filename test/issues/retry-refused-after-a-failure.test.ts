import {
  bulkhead,
  CircuitOpenError,
  circuitBreaker,
  fallback,
  type Outcome,
  pipeline,
  RejectedError,
  retry,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it, vi } from 'vitest';
import { never } from '../pipeline/support/deferred.js';
import { active, gate } from '../pipeline/support/layers.js';
import { bothWays, byHand, rejectionOf, rig } from '../policies/support/rig.js';

const down = new Error('503');
const isResult = ({ kind }: Outcome) => kind === 'success';
/** Refuses all attempts but so many. */
const refusesAfter = (admitted: number, error = () => new RejectedError('no')) => {
  let entered = 0;
  return gate({ name: 'door', enter: () => (++entered <= admitted ? undefined : error()) });
};

/**
 * A call that failed, and whose retry was refused, ended in the refusal: the caller was told that the breaker is open, and not what
 * the upstream had said. A result, such as a Response with its status and body, was gone by then.
 */
bothWays('R7: a retry that is refused', ({ fail, succeed }) => {
  it('R7: ends the call in the last real error itself, and says who refused', async () => {
    const breaker = circuitBreaker({ minimumCalls: 2, failingFor: 0 });
    const { clock, pipeline: calls, of } = rig(retry(), breaker);
    const errors = [new Error('first'), down];
    const call = calls.execute(({ attempt }) => fail(errors[attempt - 1]) as never);
    expect(await rejectionOf(clock.runUntil(call))).toBe(down);
    expect(down.cause).toBeUndefined();
    expect(of('retry_stopped')).toMatchObject([
      {
        reason: 'rejected',
        by: 'circuit_breaker',
        policy: 'retry',
        attempts: 2,
        outcome: 'failure',
        error: down,
      },
    ]);
    expect(of('rejection')).toMatchObject([{ policy: 'circuit_breaker', reason: 'circuit_open' }]);
    expect(of('call')).toMatchObject([{ outcome: 'failure', attempts: 2, error: down }]);
  });

  it('R7: ends it in the last result, which is not given to discard', async () => {
    const {
      clock,
      pipeline: calls,
      discarded,
      of,
    } = rig(retry({ handle: isResult }), refusesAfter(2));
    const results = [{ status: 503 }, { status: 503 }];
    const call = calls.execute(({ attempt }) => succeed(results[attempt - 1]));
    expect(await clock.runUntil(call)).toBe(results[1]);
    expect(discarded).toEqual([results[0]]);
    expect(discarded[0]).toBe(results[0]);
    expect(of('retry_stopped')).toMatchObject([
      { reason: 'rejected', by: 'door', attempts: 2, outcome: 'success', error: undefined },
    ]);
  });

  it('R7: lets a result go only when the retry really starts, and not while it waits', async () => {
    const inner = bulkhead({ maxConcurrent: 1, maxQueued: 1 });
    const {
      clock,
      pipeline: calls,
      discarded,
    } = rig(
      retry({
        handle: (o) => isResult(o) && o.kind === 'success' && o.value === 'bad',
        backoff: () => 100,
      }),
      inner,
    );
    const other = pipeline({ name: 'other', clock }, inner);
    const operation = byHand(clock);
    const call = calls.execute(({ attempt }) => succeed(attempt === 1 ? 'bad' : 'good'));
    await clock.advance(99);
    const first = other.execute(operation);
    await clock.advance(900);
    expect(inner.snapshot()).toMatchObject({ queued: 1 });
    expect(discarded).toEqual([]);
    operation.started[0]?.resolve('done');
    await first;
    expect(await call).toBe('good');
    expect(discarded).toEqual(['bad']);
  });

  it('R7: a refused first attempt is a rejection', async () => {
    const { pipeline: calls, of } = rig(retry(), refusesAfter(0));
    expect(await rejectionOf(calls.execute(() => succeed(1)))).toBeInstanceOf(RejectedError);
    expect(of('retry_stopped')).toEqual([]);
  });
});

describe('R7: a retry that is refused', () => {
  it('R7: by a full bulkhead, or after a wait in its queue, or in a rate limit ends so too', async () => {
    const blocked = bulkhead({ maxConcurrent: 1, maxQueued: 1, maxWait: '50ms' });
    const {
      clock,
      pipeline: calls,
      of,
      discarded,
    } = rig(retry({ handle: isResult, backoff: () => 100 }), blocked);
    const call = calls.execute(() => 503);
    await clock.flush();
    void pipeline({ name: 'other', clock }, blocked).settle(never);
    await clock.advance(200);
    expect(await call).toBe(503);
    expect(of('queued')).toHaveLength(1);
    expect(of('retry_stopped')).toMatchObject([
      { reason: 'rejected', by: 'bulkhead', attempts: 1 },
    ]);
    expect(discarded).toEqual([]);
  });

  it('R7: is retried where handle says so, and the answer is still the last real one', async () => {
    const delays: number[] = [];
    const asks = () => new RejectedError('no', { retryAfter: 1_000 });
    const {
      clock,
      pipeline: calls,
      of,
    } = rig(
      retry({ maxRetries: 3, random: () => 0, handle: ({ kind }) => kind !== 'success' }),
      refusesAfter(1, asks),
    );
    calls.on('retry', ({ delayMs }) => delays.push(delayMs));
    expect(await rejectionOf(clock.runUntil(calls.execute(() => Promise.reject(down))))).toBe(down);
    // The refusals decide how long to wait.
    expect(delays).toEqual([0, 1_000, 1_000]);
    expect(of('rejection')).toHaveLength(3);
    expect(of('retry').map((event) => 'outcome' in event && event.outcome)).toEqual([
      'failure',
      'rejected',
      'rejected',
    ]);
    expect(of('retry_stopped')).toMatchObject([
      { reason: 'exhausted', by: undefined, attempts: 1, outcome: 'failure', error: down },
    ]);
  });

  it('R7: and let in at a later time answers what it met then', async () => {
    let entered = 0;
    const door = gate({ enter: () => (++entered === 2 ? new RejectedError('no') : undefined) });
    const {
      clock,
      pipeline: calls,
      discarded,
    } = rig(
      retry({
        handle: (o) => o.kind === 'rejected' || (o.kind === 'success' && o.value === 'bad'),
      }),
      door,
    );
    const call = calls.execute(({ attempt }) => (attempt === 1 ? 'bad' : 'good'));
    expect(await clock.runUntil(call)).toBe('good');
    expect(entered).toBe(3);
    expect(discarded).toEqual(['bad']);
  });

  it('R7: when all attempts were refused, ends in the last refusal', async () => {
    const errors = [1, 2, 3].map((n) => new RejectedError(`${n}`));
    const { clock, pipeline: calls } = rig(
      retry({ maxRetries: 2, handle: () => true }),
      refusesAfter(0, () => errors.shift() as RejectedError),
    );
    expect(await rejectionOf(clock.runUntil(calls.execute(() => 1)))).toMatchObject({
      message: '3',
    });
  });

  it('R7: in a retry of a retry ends both in the last real outcome', async () => {
    const eager = { maxRetries: 2, initialDelay: 0 } as const;
    const {
      clock,
      pipeline: calls,
      of,
    } = rig(
      retry({ ...eager, name: 'outer' }),
      retry({ ...eager, name: 'inner' }),
      refusesAfter(4),
    );
    const errors: Error[] = [];
    const call = calls.execute(({ attempt }) => {
      errors[attempt] = new Error(`${attempt}`);
      return Promise.reject(errors[attempt]);
    });
    expect(await rejectionOf(clock.runUntil(call))).toBe(errors[4]);
    expect(of('retry_stopped')).toMatchObject([
      { policy: 'inner', reason: 'exhausted', attempts: 3 },
      // Its own retry of the fourth attempt was refused; then the outer one's.
      { policy: 'inner', reason: 'rejected', by: 'door', attempts: 4, error: errors[4] },
      { policy: 'outer', reason: 'rejected', by: 'door', attempts: 4, error: errors[4] },
    ]);
  });

  it('R7: leaves a fallback around it the real error', async () => {
    const seen: unknown[] = [];
    const { clock, pipeline: calls } = rig(
      fallback((outcome) => seen.push(outcome)),
      retry(),
      refusesAfter(1),
    );
    await clock.runUntil(calls.execute(() => Promise.reject(down)));
    expect(seen).toMatchObject([{ kind: 'failure', error: down }]);
  });

  it('R7: a fallback inside may answer for the refusal; the result before is let go', async () => {
    const {
      clock,
      pipeline: calls,
      discarded,
    } = rig(
      retry({ handle: (o) => o.kind === 'success' && o.value === 'bad' }),
      fallback('else'),
      refusesAfter(1),
    );
    expect(await clock.runUntil(calls.execute(() => 'bad'))).toBe('else');
    expect(discarded).toEqual(['bad']);
  });

  it('R7: a gate that fails is no refusal: the call ends in its error', async () => {
    const broken = new Error('broken');
    let entered = 0;
    const {
      clock,
      pipeline: calls,
      discarded,
    } = rig(
      retry({ handle: isResult }),
      gate({
        enter() {
          if (++entered > 1) throw broken;
          return undefined;
        },
      }),
    );
    expect(await rejectionOf(clock.runUntil(calls.execute(() => 'bad')))).toBe(broken);
    expect(discarded).toEqual(['bad']);
  });

  /** It is the call's own error; many calls may share the promise it came from. */
  it('R7: a rejection by another pipeline, called in the operation, is the call’s own error', async () => {
    const clock = new VirtualClock();
    const inner = pipeline({ name: 'inner', clock }, bulkhead({ maxConcurrent: 1 }));
    const outer = pipeline({ name: 'outer', clock }, retry());
    const stopped = vi.fn();
    outer.on('retry_stopped', stopped);
    void inner.execute(() => new Promise(() => {}));
    const call = outer.execute(({ attempt }) =>
      attempt === 1 ? Promise.reject(down) : inner.execute(() => 1),
    );
    const refusal = await rejectionOf(clock.runUntil(call));
    expect(refusal).toMatchObject({ pipeline: 'inner', code: 'ERR_BULKHEAD_FULL' });
    expect((refusal as Error).cause).toBeUndefined();
    expect(stopped).not.toHaveBeenCalled();
  });

  it('R7, G9: a call that is given up while it waits lets its result go, once', async () => {
    for (const inside of [[], [refusesAfter(1), bulkhead()], [gate({ enter: queueAfter(1) })]]) {
      const caller = new AbortController();
      const {
        clock,
        pipeline: calls,
        discarded,
      } = rig(
        retry({ handle: isResult, backoff: () => (inside.length === 1 ? 0 : '1h') }),
        ...inside,
      );
      const call = calls.settle(() => 'kept', { signal: caller.signal });
      await clock.advance('1s');
      expect(discarded).toEqual([]);
      caller.abort(down);
      expect(await call).toEqual({ status: 'rejected', reason: down });
      await clock.flush();
      expect(discarded).toEqual(['kept']);
      expect(clock.pending).toBe(0);
    }
  });

  it('R7, R9: a listener that ends the call when its last result is let go stops the retry', async () => {
    const caller = new AbortController();
    const {
      clock,
      pipeline: calls,
      discarded,
    } = rig(retry({ handle: isResult, backoff: () => 10 }), timeout('1h'));
    calls.on('discard', () => caller.abort(down));
    const operation = vi.fn(() => 'kept');
    const call = calls.settle(operation, { signal: caller.signal });
    expect(await clock.runUntil(call)).toEqual({ status: 'rejected', reason: down });
    expect(operation).toHaveBeenCalledTimes(1);
    expect(discarded).toEqual(['kept']);
    expect(clock.pending).toBe(0);
  });
});

function queueAfter(admitted: number) {
  let entered = 0;
  return () => (++entered <= admitted ? undefined : never());
}

describe('onStart of a run', () => {
  it('is called once, when the operation is, also where another driver inside makes the attempts', async () => {
    const log: string[] = [];
    const clock = new VirtualClock();
    const calls = pipeline(
      { name: 'calls', clock },
      active(async (drive) => {
        await drive.next({ onStart: () => log.push('first') });
        return drive.next({ onStart: () => log.push('second') });
      }),
      gate({ enter: () => void log.push('enter') }),
      active(async (drive) => {
        await drive.next();
        return drive.next();
      }),
    );
    await calls.execute(({ attempt }) => log.push(`attempt ${attempt}`));
    expect(log).toEqual([
      'enter',
      'first',
      'attempt 1',
      'attempt 2',
      'enter',
      'second',
      'attempt 3',
      'attempt 4',
    ]);
  });

  it('is not called for a run that is refused or given up in a queue, nor after the call', async () => {
    const onStart = vi.fn();
    const only = new AbortController();
    const calls = pipeline(
      'calls',
      active(async (drive) => {
        const waits = drive.next({ onStart, signal: only.signal });
        only.abort();
        await waits;
        const refused = await drive.next({ onStart });
        queueMicrotask(() => void drive.next({ onStart }));
        return refused;
      }),
      gate({
        enter: (
          (waiting) => () =>
            waiting.pop() ? never() : new RejectedError('no')
        )([1]),
      }),
    );
    await expect(calls.execute(() => 1)).rejects.toThrow('no');
    expect(onStart).not.toHaveBeenCalled();
  });

  it('that throws ends the run with that error, and the operation is not called', async () => {
    const exits: string[] = [];
    const calls = pipeline(
      'calls',
      active((drive) =>
        drive.next({
          onStart() {
            throw down;
          },
        }),
      ),
      gate({ exit: (_call, { kind }) => void exits.push(kind) }),
    );
    const operation = vi.fn();
    await expect(calls.execute(operation)).rejects.toBe(down);
    expect(operation).not.toHaveBeenCalled();
    expect(exits).toEqual(['failure']);
    expect(calls.inFlight).toBe(0);
  });
});

describe('the promises that a CircuitOpenError is not lost', () => {
  it('G12: a call that was refused at once still says so', async () => {
    const breaker = circuitBreaker();
    const { pipeline: calls } = rig(retry(), breaker);
    breaker.trip();
    const refusal = await rejectionOf(calls.execute(() => 1));
    expect(refusal).toBeInstanceOf(CircuitOpenError);
    expect((refusal as Error).cause).toBeUndefined();
  });
});
