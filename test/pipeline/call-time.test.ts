import {
  bulkhead,
  type Context,
  circuitBreaker,
  DrainingError,
  fallback,
  keyed,
  type PipelineLayer,
  pipeline,
  retry,
  TimeoutError,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it, vi } from 'vitest';
import { byHand, follow, rejectionOf, rig } from '../policies/support/rig.js';

const delays = { initialDelay: 0, maxDelay: 0 };

describe('G16: a call with a time of its own', () => {
  it('G16: ends as a timeout of the pipeline, which names it', async () => {
    const { clock, pipeline, events } = rig();
    const operation = byHand(clock);
    const call = pipeline.execute(operation, { timeout: '50ms' });
    const settled = pipeline.settle(operation, { timeout: 50 });
    await clock.advance(49);
    expect(operation.started[0]?.context.signal.aborted).toBe(false);
    await clock.advance(1);
    const error = await rejectionOf(call);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      message: 'rig: timed out after 50 ms',
      pipeline: 'rig',
      policy: 'call_timeout',
      timeoutMs: 50,
    });
    expect(operation.started[0]?.context.signal.reason).toBe(error);
    expect(await settled).toMatchObject({ status: 'rejected', reason: { timeoutMs: 50 } });
    expect(events).toMatchObject([
      { type: 'timeout', timeoutMs: 50, policy: 'call_timeout' },
      { type: 'attempt', outcome: 'timeout' },
      { type: 'call', outcome: 'timeout', durationMs: 50, attempts: 1 },
      { type: 'timeout', timeoutMs: 50 },
      { type: 'attempt', outcome: 'timeout' },
      { type: 'call', outcome: 'timeout', durationMs: 50 },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('G16: which bounds all of it: attempts, delays and queues', async () => {
    const { clock, pipeline, of } = rig(
      retry({ ...delays, maxRetries: 9, budget: false }),
      timeout('20ms'),
      bulkhead({ maxConcurrent: 1, maxQueued: 1, releaseOnAbandon: true }),
    );
    const operation = byHand(clock);
    const call = rejectionOf(pipeline.execute(operation, { timeout: 50 }));
    const waits = rejectionOf(pipeline.execute(operation, { timeout: 5 }));
    await clock.advance(5);
    expect(await waits).toMatchObject({ policy: 'call_timeout', timeoutMs: 5 });
    await clock.advance(45);
    expect(await call).toMatchObject({ policy: 'call_timeout', timeoutMs: 50 });
    expect(of('call')).toMatchObject([
      { outcome: 'timeout', attempts: 0 },
      { outcome: 'timeout', attempts: 3 },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('G16, T2: is shown in context.deadline, exactly; the nearest of several wins', async () => {
    const { clock, pipeline } = rig(retry(delays), timeout('1s'));
    const seen: number[] = [];
    const look = ({ deadline }: Context): number => seen.push(deadline);
    const now = clock.now();
    await pipeline.execute(look, { timeout: 200 });
    await pipeline.execute(look, { deadline: now + 333.25 });
    await pipeline.execute(look, { deadline: now + 333.25, timeout: '100ms' });
    await pipeline.execute(look, { deadline: now + 33.25, timeout: '100ms' });
    await pipeline.execute(look, { timeout: '1m' });
    await pipeline.execute(look, { deadline: Infinity });
    expect(seen.map((at) => at - now)).toEqual([200, 333.25, 100, 33.25, 1_000, 1_000]);
    expect(clock.pending).toBe(0);
  });

  it('G16: passes it on to a call that its operation makes', async () => {
    const clock = new VirtualClock();
    const outer = pipeline({ name: 'outer', clock }, timeout('80ms'));
    const inner = pipeline({ name: 'inner', clock }, retry(delays));
    const seen: number[] = [];
    const call = rejectionOf(
      outer.execute(async ({ deadline }) => {
        await new Promise<void>((wake) => clock.setTimer(wake, 30));
        return inner.execute(
          (context) => {
            seen.push(deadline, context.deadline, context.timeLeft);
            return new Promise(() => {});
          },
          { deadline },
        );
      }),
    );
    const start = clock.now();
    await clock.advance(80);
    expect(await call).toMatchObject({ name: 'TimeoutError' });
    expect(seen).toEqual([start + 80, start + 80, 50]);
    expect(clock.pending).toBe(0);
  });

  it.each([0, -1, -Infinity])(
    'G16: whose deadline passed %d ms ago never calls the operation',
    async (ms) => {
      const breaker = circuitBreaker({ consecutiveFailures: 1, minimumCalls: 2, failingFor: 0 });
      const { clock, pipeline, events } = rig(retry(delays), breaker);
      const operation = vi.fn();
      for (let i = 0; i < 5; i++) {
        const error = await rejectionOf(
          pipeline.execute(operation, { deadline: clock.now() + ms }),
        );
        expect(error).toBeInstanceOf(TimeoutError);
        expect(error).toMatchObject({ pipeline: 'rig', policy: 'call_timeout', timeoutMs: 0 });
      }
      expect(operation).not.toHaveBeenCalled();
      expect(breaker.state).toBe('closed');
      expect(events.slice(0, 2)).toMatchObject([
        { type: 'timeout', policy: 'call_timeout' },
        { type: 'call', outcome: 'timeout', attempts: 0 },
      ]);
      expect(clock.pending).toBe(0);
    },
  );

  it('G16, B8: is a failure to a breaker where the operation runs, and none where it waits', async () => {
    const breaker = circuitBreaker({ minimumCalls: 3, failingFor: 0, failureRate: 0.5 });
    const { clock, pipeline } = rig(breaker, bulkhead({ maxConcurrent: 3, maxQueued: 9 }));
    const operation = byHand(clock);
    const calls = Array.from({ length: 6 }, () =>
      rejectionOf(pipeline.execute(operation, { timeout: 10 })),
    );
    await clock.advance(10);
    await Promise.all(calls);
    expect(operation.started).toHaveLength(3);
    expect(breaker.snapshot()).toMatchObject({ state: 'open' });
    expect(pipeline.snapshot().policies['bulkhead']).toMatchObject({ queued: 0 });
  });

  it('G16, R5: makes no retry that could not start before it', async () => {
    const { pipeline, of } = rig(retry({ initialDelay: '1s', jitter: 'none' }));
    const boom = new Error('boom');
    const fail = (): never => {
      throw boom;
    };
    expect(await rejectionOf(pipeline.execute(fail, { timeout: 500 }))).toBe(boom);
    expect(of('retry_stopped')).toMatchObject([{ reason: 'deadline' }]);
  });

  it('G16: gets no answer of a fallback, which lies inside', async () => {
    const { clock, pipeline } = rig(fallback('instead'), timeout('1s'));
    const call = rejectionOf(pipeline.execute(byHand(clock), { timeout: 10 }));
    await clock.advance(10);
    expect(await call).toBeInstanceOf(TimeoutError);
  });

  it('G16: leaves the others as they are, and the names of policies, too', async () => {
    const { clock, pipeline, of } = rig(timeout('1s'), timeout('2s'));
    const operation = byHand(clock);
    const others = [pipeline.execute(operation), pipeline.execute(operation, { timeout: '3s' })];
    const ends = others.map((call) => rejectionOf(call));
    await clock.advance('1s');
    for (const end of ends)
      expect(await end).toMatchObject({ policy: 'timeout', timeoutMs: 1_000 });
    expect(of('timeout')).toMatchObject([{ policy: 'timeout' }, { policy: 'timeout' }]);
    expect(await pipeline.execute(() => 1, { timeout: 0 })).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('G16, G5: the caller’s signal ends it sooner', async () => {
    const { clock, pipeline, of } = rig(retry(delays));
    const caller = new AbortController();
    const call = rejectionOf(
      pipeline.execute(byHand(clock), { timeout: 50, signal: caller.signal }),
    );
    await clock.advance(10);
    caller.abort(new Error('enough'));
    expect(await call).toMatchObject({ message: 'enough' });
    expect(of('call')).toMatchObject([{ outcome: 'cancelled' }]);
    expect(clock.pending).toBe(0);
  });

  it('G16: of a keyed copy, its error says which', async () => {
    const clock = new VirtualClock();
    const copies = keyed(pipeline({ name: 'copies', clock }, retry(delays)));
    const call = rejectionOf(copies.execute('a', byHand(clock), { timeout: 50 }));
    const late = rejectionOf(copies.execute('a', () => 1, { deadline: clock.now() }));
    await clock.advance(50);
    for (const end of [call, late]) {
      expect(await end).toMatchObject({
        pipeline: 'copies',
        key: 'a',
        message: expect.stringContaining('copies [a]: ') as string,
      });
    }
  });

  it('G16: of a pipeline with another one inside, reports as the outer one', async () => {
    const clock = new VirtualClock();
    const inner = pipeline({ name: 'inner', clock }, retry(delays), timeout('1s'));
    const outer = pipeline({ name: 'outer', clock }, inner as PipelineLayer);
    const heard: unknown[] = [];
    outer.on('timeout', ({ pipeline, policy }) => heard.push([pipeline, policy]));
    inner.on('timeout', () => heard.push('inner'));
    const call = rejectionOf(outer.execute(byHand(clock), { timeout: 50 }));
    await clock.advance(50);
    expect(await call).toMatchObject({ pipeline: 'outer' });
    expect(heard).toEqual([['outer', 'call_timeout']]);
  });

  it('G16, G17: is refused by a pipeline that drains, and kept by one in flight', async () => {
    const { clock, pipeline } = rig(retry(delays), timeout('1s'));
    const call = follow(pipeline.execute(byHand(clock), { timeout: 50 }));
    const drained = pipeline.drain('1s');
    await clock.flush();
    const refused = await rejectionOf(pipeline.execute(() => 1, { timeout: 50 }));
    expect(refused).toBeInstanceOf(DrainingError);
    await clock.advance(50);
    expect(call.now).toMatchObject({ is: 'rejected' });
    expect(await drained).toEqual({ inFlight: 0 });
    expect(clock.pending).toBe(0);
  });

  it('G16: a listener that ends the call first has the last word', async () => {
    const { clock, pipeline } = rig();
    const caller = new AbortController();
    pipeline.on('timeout', () => caller.abort(new Error('enough')));
    const call = rejectionOf(
      pipeline.execute(byHand(clock), { timeout: 50, signal: caller.signal }),
    );
    await clock.advance(50);
    expect(await call).toMatchObject({ message: 'enough' });
  });
});
