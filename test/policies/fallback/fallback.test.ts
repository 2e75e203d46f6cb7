import type { Context, Driver, Outcome } from 'holdfast';
import {
  BulkheadFullError,
  bulkhead,
  failure,
  fallback,
  pipeline,
  RejectedError,
  retry,
  TimeoutError,
  timeout,
} from 'holdfast';
import { expect, expectTypeOf, it, vi } from 'vitest';
import { bothWays, byHand, follow, rejectionOf, rig } from '../support/rig.js';

const boom = new Error('boom');

bothWays('fallback', ({ fail, succeed }) => {
  it('F1: a value answers in place of the error', async () => {
    for (const value of ['spare', 0, null, undefined, { deep: true }]) {
      const { pipeline, of } = rig(fallback(value));
      expect(await pipeline.execute(() => fail(boom))).toBe(value);
      expect(of('fallback')).toMatchObject([
        { outcome: 'failure', error: boom, policy: 'fallback' },
      ]);
      expect(of('call')).toMatchObject([{ outcome: 'fallback', attempts: 1 }]);
    }
  });

  it('F1: a function is given the outcome and the context, and may itself take time', async () => {
    for (const answer of [
      vi.fn((_outcome: Outcome, _context: Context) => 'spare'),
      vi.fn(async (_outcome: Outcome, _context: Context) => 'spare'),
    ]) {
      const { pipeline } = rig(fallback(answer));
      expect(await pipeline.execute(() => fail(boom))).toBe('spare');
      expect(answer).toHaveBeenCalledTimes(1);
      const [outcome, context] = answer.mock.calls[0]!;
      expect(outcome).toMatchObject({ kind: 'failure', error: boom });
      expect(context.attempt).toBe(1);
    }
  });

  it('F1: the context is that of the call: attempts made, time left, its signal', async () => {
    const seen: unknown[] = [];
    const { clock, pipeline } = rig(
      timeout('10s'),
      fallback((_outcome, { attempt, deadline, timeLeft, signal, pipeline }) => {
        seen.push(attempt, deadline, timeLeft, signal.aborted, pipeline);
        return 'spare';
      }),
      retry({ maxRetries: 1, backoff: () => 1_000 }),
    );
    expect(await clock.runUntil(pipeline.execute(() => fail(boom)))).toBe('spare');
    expect(seen).toEqual([2, 10_000, 9_000, false, 'rig']);
  });

  it('F1: is not asked about a success', async () => {
    const answer = vi.fn(() => 'spare');
    const { pipeline, of } = rig(fallback(answer));
    expect(await pipeline.execute(() => succeed('good'))).toBe('good');
    expect(answer).not.toHaveBeenCalled();
    expect(of('call')).toMatchObject([{ outcome: 'success' }]);
  });

  it('F1: handle can replace results too, which are released', async () => {
    const { pipeline, discarded, of } = rig(
      fallback('spare', {
        handle: (outcome) => outcome.kind === 'success' && outcome.value === 503,
      }),
    );
    expect(await pipeline.execute(() => succeed(200))).toBe(200);
    expect(await pipeline.execute(() => succeed(503))).toBe('spare');
    expect(discarded).toEqual([503]);
    expect(of('fallback')).toMatchObject([{ outcome: 'success', error: undefined }]);
    expect(await rejectionOf(pipeline.execute(() => fail(boom)))).toBe(boom);
  });

  it('F2: handles every error by default, rejections included', async () => {
    for (const error of [boom, undefined, new TimeoutError('late'), new RejectedError('no')]) {
      const { pipeline } = rig(fallback('spare'));
      expect(await pipeline.execute(() => fail(error))).toBe('spare');
    }
  });

  it('F3: if it fails itself, its error is thrown, with the original as cause', async () => {
    const own = () => new Error('of the fallback');
    for (const [make, cause] of [
      [own, boom],
      [() => Object.assign(own(), { cause: 'its own' }), 'its own'],
    ] as const) {
      for (const throws of [true, false]) {
        const error = make();
        const { pipeline, of } = rig(
          fallback(() => {
            if (throws) throw error;
            return Promise.reject(error);
          }),
        );
        expect(await rejectionOf(pipeline.execute(() => fail(boom)))).toBe(error);
        expect(error.cause).toBe(cause);
        expect(Object.keys(own())).toEqual([]);
        expect(of('fallback')).toEqual([]);
        expect(of('call')).toMatchObject([{ outcome: 'failure', error }]);
      }
    }
  });

  it('F3: the cause is added like a native one, and only where it can be', async () => {
    const error = new Error('of the fallback');
    const { pipeline } = rig(fallback(() => Promise.reject(error)));
    await rejectionOf(pipeline.execute(() => fail(boom)));
    expect(Object.getOwnPropertyDescriptor(error, 'cause')).toEqual({
      value: boom,
      writable: true,
      configurable: true,
      enumerable: false,
    });
    const awkward = Object.defineProperty(new Error('awkward'), 'cause', {
      get() {
        throw new Error('from the getter');
      },
    });
    for (const thrown of [Object.freeze(new Error('frozen')), 'a text', boom, undefined, awkward]) {
      const other = rig(fallback(() => Promise.reject(thrown))).pipeline;
      expect(await rejectionOf(other.execute(() => fail(boom)))).toBe(thrown);
    }
    expect(boom.cause).toBeUndefined();
  });

  it('F3: when it replaced a result there is no cause', async () => {
    const error = new Error('of the fallback');
    const { pipeline } = rig(
      fallback(
        () => {
          throw error;
        },
        { handle: ({ kind }) => kind === 'success' },
      ),
    );
    expect(await rejectionOf(pipeline.execute(() => succeed(503)))).toBe(error);
    expect('cause' in error).toBe(false);
  });

  it('fallbacks nest: the outer one covers for the inner one', async () => {
    const inner = new Error('of the inner');
    const { pipeline } = rig(
      fallback((outcome) => (outcome.kind === 'success' ? 'none' : outcome.error)),
      fallback(() => Promise.reject(inner)),
    );
    expect(await pipeline.execute(() => fail(boom))).toBe(inner);
    expect(inner.cause).toBe(boom);
  });

  it('inside a retry it makes the failure a success', async () => {
    const { pipeline } = rig(retry(), fallback('spare'));
    const operation = vi.fn(() => fail(boom));
    expect(await pipeline.execute(operation)).toBe('spare');
    expect(operation).toHaveBeenCalledTimes(1);
  });

  it('answers when nobody listens, too', async () => {
    const quiet = pipeline(
      'quiet',
      fallback(() => 'spare'),
    );
    expect(await quiet.execute(() => fail(boom))).toBe('spare');
    expect(await quiet.settle(() => fail(boom))).toEqual({ status: 'fulfilled', value: 'spare' });
  });
});

it('F2: covers refusals and timeouts of the policies inside', async () => {
  const { clock, pipeline, of } = rig(
    fallback(({ kind }) => kind),
    timeout('1s'),
    bulkhead({ maxConcurrent: 1 }),
  );
  const first = pipeline.execute(byHand(clock));
  expect(await pipeline.execute(byHand(clock))).toBe('rejected');
  expect(await clock.runUntil(first)).toBe('timeout');
  expect(of('fallback')).toMatchObject([
    { outcome: 'rejected', error: expect.any(BulkheadFullError) },
    { outcome: 'timeout', error: expect.any(TimeoutError) },
  ]);
});

it('F2: not the caller’s abort, before, during or after the operation', async () => {
  const answer = vi.fn(() => new Promise<string>(() => {}));
  const { clock, pipeline, of } = rig(fallback(answer));
  expect(await rejectionOf(pipeline.execute(() => 1, { signal: AbortSignal.abort(boom) }))).toBe(
    boom,
  );
  const during = new AbortController();
  const call = pipeline.execute(byHand(clock), { signal: during.signal });
  during.abort(boom);
  expect(await rejectionOf(call)).toBe(boom);
  expect(answer).not.toHaveBeenCalled();

  const after = new AbortController();
  const late = follow(
    pipeline.execute(() => Promise.reject(new Error('other')), { signal: after.signal }),
  );
  await clock.flush();
  expect(answer).toHaveBeenCalledTimes(1);
  after.abort(boom);
  await clock.flush();
  expect(late.now).toEqual({ is: 'rejected', error: boom });
  expect(of('fallback')).toEqual([]);
});

it('F2: nor a cancellation that a driver inside reports', async () => {
  const gaveUp: Driver = {
    role: 'driver',
    type: 'gave_up',
    drive: async () => failure(boom, 'cancelled'),
  };
  for (const handle of [undefined, () => true]) {
    const { pipeline } = rig(fallback('spare', { handle }), gaveUp);
    expect(await rejectionOf(pipeline.execute(() => 1))).toBe(boom);
  }
});

it('F1: its signal aborts when the call is given up while it works, and its answer is discarded', async () => {
  const signals: AbortSignal[] = [];
  const { clock, pipeline, discarded, of } = rig(
    timeout('1s'),
    fallback(async (_outcome, { signal }) => {
      signals.push(signal);
      await new Promise((resolve) => clock.setTimer(() => resolve(1), 5_000));
      return 'too late';
    }),
  );
  const call = pipeline.execute(() => Promise.reject(boom));
  const error = await rejectionOf(clock.runUntil(call));
  expect(error).toBeInstanceOf(TimeoutError);
  expect(signals[0]?.reason).toBe(error);
  await clock.runAll();
  expect(discarded).toEqual(['too late']);
  expect(of('fallback')).toEqual([]);
});

it('F3: a fallback that fails after the call was given up is heard by nobody', async () => {
  const { clock, pipeline } = rig(
    timeout('1s'),
    fallback(async () => {
      await new Promise((resolve) => clock.setTimer(() => resolve(1), 5_000));
      throw boom;
    }),
  );
  const call = pipeline.execute(() => Promise.reject(new Error('other')));
  expect(await rejectionOf(clock.runUntil(call))).toBeInstanceOf(TimeoutError);
  await clock.runAll();
  await new Promise(setImmediate);
});

it('widens the type of the result', () => {
  const stock = () => Promise.resolve(5);
  const constant = pipeline('p', fallback('unknown'));
  expectTypeOf(constant.execute(stock)).resolves.toEqualTypeOf<number | 'unknown'>();
  const made = pipeline(
    'p',
    fallback(async () => null),
    retry(),
  );
  expectTypeOf(made.execute(stock)).resolves.toEqualTypeOf<number | null>();
});
