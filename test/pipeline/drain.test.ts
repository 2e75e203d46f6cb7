import {
  bulkhead,
  ConfigError,
  ConstantBackoff,
  circuitBreaker,
  DrainingError,
  type PipelineEvent,
  pipeline,
  rateLimiter,
  retry,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { drainDefaults } from '../../src/pipeline/lifecycle/drain.js';
import { Metrics, unregister } from '../telemetry/support/sdk.js';
import { deferred, never, turn } from './support/deferred.js';
import { gate } from './support/layers.js';
import { noted } from './support/noted.js';

describe('drain', () => {
  it('waits for 20 s by default', () => {
    expect(drainDefaults).toEqual({ timeout: 20_000 });
  });

  it('G17: of an idle pipeline is over at once', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock }, retry());
    expect(await calls.drain()).toEqual({ inFlight: 0 });
    expect(clock.pending).toBe(0);
  });

  it('G17: refuses new calls with an error of its own, whichever way they come', async () => {
    const calls = pipeline('calls', timeout('1s'), retry(), circuitBreaker());
    const wrapped = calls.wrap(() => 1);
    const bound = calls.execute.bind(calls);
    expect(await calls.execute(() => 1)).toBe(1);
    let ran = 0;
    const drained = calls.drain();
    const operation = () => ++ran;
    for (const call of [calls.execute(operation), wrapped(), bound(operation)]) {
      const error = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DrainingError);
      expect(error).toMatchObject({
        code: 'ERR_DRAINING',
        reason: 'draining',
        message: 'calls: draining, no new calls are taken',
        pipeline: 'calls',
        policy: 'drain',
        retryAfter: undefined,
      });
    }
    expect(await calls.settle(operation)).toMatchObject({ reason: { code: 'ERR_DRAINING' } });
    await drained;
    await expect(calls.execute(operation)).rejects.toThrow(DrainingError);
    expect(ran).toBe(0);
  });

  it('G17: with captureStack its errors have one', async () => {
    const calls = pipeline({ name: 'calls', captureStack: true });
    await calls.drain();
    const error = await calls.execute(() => 1).catch((thrown: Error) => thrown);
    expect((error as Error).stack).toContain('drain.test');
  });

  it('G17: refusals are events and are counted, as those of a policy are', async () => {
    const sdk = new Metrics().register();
    const events: PipelineEvent[] = [];
    const calls = pipeline('drained', timeout('1s'), bulkhead());
    calls.on((event) => events.push(event));
    await calls.drain();
    await calls.settle(() => 1);
    await calls.settle(() => 1);
    expect(events.slice(0, 2)).toEqual([
      {
        type: 'rejection',
        reason: 'draining',
        enforced: true,
        retryAfter: undefined,
        error: expect.any(DrainingError),
        callId: expect.any(Number),
        pipeline: 'drained',
        key: undefined,
        policy: 'drain',
      },
      expect.objectContaining({ type: 'call', outcome: 'rejected', attempts: 0 }),
    ]);
    const of = { 'holdfast.pipeline': 'drained' };
    expect(await sdk.points('holdfast.rejections', of)).toEqual([
      {
        labels: {
          'holdfast.policy': 'drain',
          'holdfast.reason': 'draining',
          'holdfast.enforced': true,
        },
        value: 2,
      },
    ]);
    expect(await sdk.points('holdfast.calls', of)).toEqual([
      expect.objectContaining({
        labels: expect.objectContaining({ 'holdfast.outcome': 'rejected' }),
        value: 2,
      }),
    ]);
    unregister();
  });

  it('G17: is over at the very moment at which the last call ends, however it ends', async () => {
    const clock = new VirtualClock();
    const calls = pipeline(
      { name: 'calls', clock },
      timeout('5s'),
      retry({ maxRetries: 1, backoff: new ConstantBackoff(1_000), budget: false }),
    );
    const first = deferred();
    let attempts = 0;
    const caller = new AbortController();
    const results = [
      calls.settle(() => first.promise),
      // Fails, and is retried while the pipeline drains.
      calls.settle(() => (++attempts === 1 ? Promise.reject(new Error('no')) : 'again')),
      calls.settle(never, { signal: caller.signal }),
      calls.settle(never),
    ];
    const note = noted(calls.drain('10s'), clock);
    await clock.advance('1s');
    first.resolve('late');
    await clock.advance('1s');
    caller.abort(new Error('gone'));
    await clock.advance(2_999);
    expect(note.at).toBeUndefined();
    expect(calls.inFlight).toBe(1);
    await clock.advance(1);
    expect(note).toEqual({ at: 5_000, value: { inFlight: 0 } });
    expect(clock.pending).toBe(0);
    expect(await Promise.all(results)).toMatchObject([
      { value: 'late' },
      { value: 'again' },
      { reason: { message: 'gone' } },
      { reason: { code: 'ERR_TIMEOUT' } },
    ]);
  });

  it('G17: at its limit it says what was left, and leaves that alone', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock });
    const slow = [deferred<string>(), deferred<string>(), deferred<string>()];
    const results = slow.map(({ promise }) => calls.execute(() => promise));
    const note = noted(calls.drain(), clock);
    slow[0]?.resolve('a');
    await clock.advance(19_999);
    expect(note.at).toBeUndefined();
    await clock.advance(1);
    expect(note).toEqual({ at: 20_000, value: { inFlight: 2 } });
    slow[1]?.resolve('b');
    slow[2]?.resolve('c');
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c']);
  });

  it('G17: with a limit of 0 it only closes, and says what is in flight', async () => {
    const calls = pipeline({ name: 'calls', clock: new VirtualClock() });
    void calls.execute(never);
    expect(await calls.drain(0)).toEqual({ inFlight: 1 });
    await expect(calls.execute(() => 1)).rejects.toThrow(DrainingError);
  });

  it('G17: each drain has a limit of its own, and all wait for the same calls', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock });
    const slow = deferred();
    void calls.execute(() => slow.promise);
    const notes = (['1s', '1h', { timeout: '2s' }] as const).map((limit) =>
      noted(calls.drain(limit), clock),
    );
    await clock.advance('10s');
    slow.resolve(1);
    await clock.advance(0);
    expect(notes).toEqual([
      { at: 1_000, value: { inFlight: 1 } },
      { at: 10_000, value: { inFlight: 0 } },
      { at: 2_000, value: { inFlight: 1 } },
    ]);
    expect(await calls.drain()).toEqual({ inFlight: 0 });
  });

  it('G17: calls that wait in a queue are in flight, and get their turn', async () => {
    const clock = new VirtualClock();
    const calls = pipeline(
      { name: 'calls', clock },
      rateLimiter({ limit: 2, per: '1s', burst: 2, maxWait: '5s' }),
      bulkhead({ maxConcurrent: 1, maxQueued: 5 }),
    );
    const slow = deferred();
    const results = [() => slow.promise, () => 'queued', () => 'limited'].map((operation) =>
      calls.execute(operation),
    );
    const note = noted(calls.drain(), clock);
    await clock.advance('3s');
    expect(note.at).toBeUndefined();
    slow.resolve('slow');
    await clock.advance(0);
    expect(note).toEqual({ at: 3_000, value: { inFlight: 0 } });
    expect(await Promise.all(results)).toEqual(['slow', 'queued', 'limited']);
  });

  it('G17: calls in flight that call the pipeline again are refused there', async () => {
    const calls = pipeline('calls');
    const begun = deferred();
    const outer = calls.execute(async () => {
      await begun.promise;
      return calls.execute(() => 1);
    });
    const drained = calls.drain();
    begun.resolve(undefined);
    await expect(outer).rejects.toThrow(DrainingError);
    expect(await drained).toEqual({ inFlight: 0 });
  });

  it('G17: retry and breaker of a pipeline around it take the refusal as that of a policy', async () => {
    const breaker = circuitBreaker({ failureRate: 1, minimumCalls: 1, failingFor: 0 });
    const outer = pipeline('outer', retry(), breaker);
    const inner = pipeline('inner');
    await inner.drain();
    let attempts = 0;
    for (let i = 0; i < 5; i++) {
      const call = outer.execute(() => {
        attempts++;
        return inner.execute(() => 1);
      });
      await expect(call).rejects.toMatchObject({ code: 'ERR_DRAINING', pipeline: 'inner' });
    }
    expect(attempts).toBe(5);
    expect(breaker.state).toBe('closed');
  });

  it('G17: a signal that has aborted beforehand wins over the refusal', async () => {
    const calls = pipeline('calls', timeout('1s'));
    await calls.drain();
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(calls.execute(() => 1, { signal })).rejects.toThrow('gone');
  });

  /** The call is past the point at which its end would be told. */
  it.each(['exit', 'enter'] as const)(
    'G17: may be called while the only call is in the %s of a gate',
    async (where) => {
      const clock = new VirtualClock();
      const notes: { at?: number }[] = [];
      const draining = (): undefined => {
        if (notes.length === 0) notes.push(noted(calls.drain(), clock));
        return undefined;
      };
      const calls = pipeline({ name: 'calls', clock }, gate({ [where]: draining }));
      expect(await calls.execute(async () => 1)).toBe(1);
      await turn();
      expect(notes).toEqual([{ at: 0, value: { inFlight: 0 } }]);
    },
  );

  it('G17: goes on when the pipeline is disposed of meanwhile', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock });
    calls.on(() => {});
    const slow = deferred();
    void calls.execute(() => slow.promise);
    const note = noted(calls.drain(), clock);
    calls.dispose();
    await clock.advance(10);
    slow.resolve(1);
    await clock.advance(0);
    expect(note.at).toBe(10);
    await expect(calls.execute(() => 1)).rejects.toThrow(DrainingError);
  });

  it('G17: leaves other pipelines of the same policies as they are', async () => {
    const shared = bulkhead();
    const one = pipeline('one', shared);
    const other = pipeline('other', shared);
    await one.execute(() => 1);
    await one.drain();
    expect(await other.execute(() => 2)).toBe(2);
    expect(one.snapshot()).toMatchObject({ inFlight: 0, policies: { bulkhead: { inFlight: 0 } } });
    await expect(one.execute(() => 1)).rejects.toThrow(DrainingError);
  });

  it.each([
    ['soon', 'drain.timeout'],
    [-1, 'drain.timeout'],
    [{ timeout: Number.NaN }, 'drain.timeout'],
    [{ limit: 5 }, 'drain.limit'],
    [null, 'drain'],
  ])('G7: a limit that is none is a ConfigError, and closes nothing: %j', async (options, path) => {
    const calls = pipeline('calls');
    const drained = calls.drain(options as never);
    await expect(drained).rejects.toThrow(ConfigError);
    await expect(drained).rejects.toMatchObject({ path });
    expect(await calls.execute(() => 1)).toBe(1);
  });
});
