import type { Context, Policy } from 'holdfast';
import {
  BulkheadFullError,
  bulkhead,
  ConfigError,
  ContractError,
  pipeline,
  RejectedError,
  retry,
  TimeoutError,
  timeout,
} from 'holdfast';
import { expect, it, vi } from 'vitest';
import { ServiceContractError } from '../../../src/services/errors.js';
import { bothWays, byHand, follow, rejectionOf, rig } from '../support/rig.js';

const boom = new Error('boom');
/** Backoff without chance: the delays are the longest that jitter allows. */
const plain = { jitter: 'none' } as const;

bothWays('retry', ({ fail, succeed }) => {
  it('R1: maxRetries counts the retries after the first attempt', async () => {
    for (const maxRetries of [0, 1, 2, 5]) {
      const { clock, pipeline } = rig(retry({ maxRetries, ...plain }));
      const operation = vi.fn(() => fail(boom));
      const call = pipeline.execute(operation);
      expect(await rejectionOf(clock.runUntil(call))).toBe(boom);
      expect(operation).toHaveBeenCalledTimes(1 + maxRetries);
    }
  });

  it('R1: three retries by default', async () => {
    const { clock, pipeline } = rig(retry());
    const operation = vi.fn(() => fail(boom));
    expect(await rejectionOf(clock.runUntil(pipeline.execute(operation)))).toBe(boom);
    expect(operation).toHaveBeenCalledTimes(4);
  });

  it('R1: a success ends it, and so does one on the way', async () => {
    const { clock, pipeline } = rig(retry());
    for (const failures of [0, 1, 3]) {
      let calls = 0;
      const operation = () => (calls++ < failures ? fail(boom) : succeed('good'));
      expect(await clock.runUntil(pipeline.execute(operation))).toBe('good');
      expect(calls).toBe(failures + 1);
    }
  });

  it('R1: without retries nothing is asked, waited for or reported', async () => {
    const handle = vi.fn(() => true);
    const { clock, pipeline, of } = rig(retry({ maxRetries: 0, handle }));
    expect(await rejectionOf(pipeline.execute(() => fail(boom)))).toBe(boom);
    expect(handle).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
    expect(of('retry', 'retry_stopped')).toEqual([]);
  });

  it.each([
    ['an error', boom],
    ['a value that is no error', 'text'],
    ['undefined', undefined],
  ])('R2, R7: retries %s, and throws the very same in the end', async (_, thrown) => {
    const { clock, pipeline } = rig(retry({ maxRetries: 1, ...plain }));
    const operation = vi.fn(() => fail(thrown));
    expect(await rejectionOf(clock.runUntil(pipeline.execute(operation)))).toBe(thrown);
    expect(operation).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['RejectedError', new RejectedError('no')],
    ['BulkheadFullError', new BulkheadFullError('full')],
    ['ConfigError', new ConfigError('wrong')],
    ['ContractError', new ContractError('broken')],
  ])('R2: does not retry a %s', async (_, error) => {
    const { clock, pipeline, of } = rig(retry());
    const operation = vi.fn(() => fail(error));
    expect(await rejectionOf(pipeline.execute(operation))).toBe(error);
    expect(operation).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
    expect(of('retry', 'retry_stopped')).toEqual([]);
  });

  it('R2: does not retry an answer that breaks its contract, though it is a failure of the upstream', async () => {
    const facts = { service: 'email', operation: 'status', method: 'GET', url: '/' };
    const error = new ServiceContractError('', { ...facts, side: 'response', faults: [] });
    const attempts = async (...policies: Policy<unknown>[]) => {
      let count = 0;
      const layers = pipeline({ name: 'email', telemetry: false }, ...policies);
      const operation = async () => {
        count++;
        throw error;
      };
      await expect(layers.execute(operation)).rejects.toBe(error);
      return count;
    };
    expect(await attempts(retry())).toBe(1);
    expect(await attempts(retry({ handle: () => true, initialDelay: 0, jitter: 'none' }))).toBe(4);
  });

  it('R2: handle decides otherwise, on rejections, on errors and on results', async () => {
    for (const [handle, end] of [
      [() => true, () => fail(new RejectedError('no'))],
      [(o: { kind: string }) => o.kind === 'rejected', () => fail(new RejectedError('no'))],
      [() => true, () => fail(new ConfigError('wrong'))],
      [(o: { kind: string }) => o.kind === 'success', () => succeed(503)],
    ] as const) {
      const { clock, pipeline } = rig(retry({ maxRetries: 2, handle }));
      const operation = vi.fn(end);
      const call = pipeline.settle(operation);
      await clock.runUntil(call);
      expect(operation).toHaveBeenCalledTimes(3);
    }
    const { pipeline } = rig(retry({ handle: () => false }));
    const operation = vi.fn(() => fail(boom));
    expect(await rejectionOf(pipeline.execute(operation))).toBe(boom);
    expect(operation).toHaveBeenCalledTimes(1);
  });

  it('R2: handle sees each outcome once, with what the operation gave', async () => {
    const seen: unknown[] = [];
    const { clock, pipeline } = rig(
      retry({
        maxRetries: 2,
        handle: (outcome) => {
          seen.push(outcome.kind === 'success' ? outcome.value : outcome.error);
          return outcome.kind !== 'success' || outcome.value !== 'good';
        },
      }),
    );
    const ends = [() => fail(boom), () => succeed('bad'), () => succeed('good')];
    let calls = 0;
    expect(await clock.runUntil(pipeline.execute(() => ends[calls++]!()))).toBe('good');
    expect(seen).toEqual([boom, 'bad', 'good']);
  });

  it('R3: waits initialDelay, and factor times longer before each further retry, up to maxDelay', async () => {
    for (const [options, delays] of [
      [{}, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000]],
      [{ initialDelay: '1s', factor: 3, maxDelay: '5s' }, [1000, 3000, 5000, 5000]],
      [{ initialDelay: 50, factor: 1 }, [50, 50, 50]],
      [{ initialDelay: 0 }, [0, 0, 0]],
    ] as const) {
      const { clock, pipeline, of } = rig(
        retry({ maxRetries: delays.length, budget: false, ...plain, ...options }),
      );
      const starts: number[] = [];
      await clock.runUntil(
        pipeline.settle(() => {
          starts.push(clock.now());
          return fail(boom);
        }),
      );
      expect(starts.slice(1).map((at, i) => at - starts[i]!)).toEqual(delays);
      expect(of('retry').map((event) => 'delayMs' in event && event.delayMs)).toEqual(delays);
    }
  });

  it('R3: full jitter by default; equal keeps half; chance comes from `random`', async () => {
    for (const [jitter, chance, delayMs] of [
      [undefined, 0.25, 25],
      ['full', 0, 0],
      ['equal', 0, 50],
      ['equal', 0.5, 75],
      ['none', 0.5, 100],
    ] as const) {
      const { clock, pipeline, of } = rig(retry({ maxRetries: 1, jitter, random: () => chance }));
      await clock.runUntil(pipeline.settle(() => fail(boom)));
      expect(of('retry')).toMatchObject([{ attempt: 2, delayMs, outcome: 'failure', error: boom }]);
    }
  });

  it('R3: a backoff function is given the number of the retry and the outcome', async () => {
    const seen: unknown[] = [];
    const delays = ['1s', 5, 0] as const;
    const { clock, pipeline } = rig(
      retry({
        backoff: (number, outcome) => {
          seen.push([number, outcome.kind === 'success' ? outcome.value : outcome.error]);
          return delays[number - 1] ?? 0;
        },
      }),
    );
    await clock.runUntil(pipeline.settle(() => fail(boom)));
    expect(seen).toEqual([
      [1, boom],
      [2, boom],
      [3, boom],
    ]);
    expect(clock.now()).toBe(1005);
  });

  it.each([
    ['NaN', Number.NaN],
    ['a negative number', -1],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['undefined', undefined],
    ['a text without unit', '5'],
  ])('R3: a backoff that answers %s ends the call with a ConfigError', async (_, delay) => {
    const { clock, pipeline } = rig(retry({ backoff: () => delay as number }));
    const error = await rejectionOf(pipeline.execute(() => fail(boom)));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ path: 'retry.backoff', value: delay, cause: boom });
    expect(String(error)).toContain('duration');
    expect(clock.pending).toBe(0);
  });

  it('R3: a wrong delay for a result that is retried has no cause', async () => {
    const { pipeline } = rig(retry({ handle: () => true, backoff: () => -1 }));
    const error = await rejectionOf(pipeline.execute(() => succeed(503)));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).not.toHaveProperty('cause');
  });

  it('R4: a delay that the error asks for is waited for, spread by up to a fifth', async () => {
    const asking = Object.assign(new Error('busy'), { retryAfter: 2000 });
    for (const [chance, delayMs] of [
      [0, 2000],
      [0.5, 2200],
      [0.999, 2399.6],
    ] as const) {
      const { clock, pipeline, of } = rig(retry({ maxRetries: 1, random: () => chance }));
      await clock.runUntil(pipeline.settle(() => fail(asking)));
      expect(of('retry')[0]).toHaveProperty('delayMs', expect.closeTo(delayMs, 6));
      expect(clock.now()).toBeCloseTo(delayMs, 6);
    }
  });

  it('R4: a longer one than maxRetryAfter ends the retries at once, with the outcome', async () => {
    for (const [maxRetryAfter, retryAfter, retried] of [
      [undefined, 30_000, true],
      [undefined, 30_001, false],
      ['1s', 1000, true],
      ['1s', 1001, false],
      ['1s', Number.POSITIVE_INFINITY, false],
      [0, 0, true],
    ] as const) {
      const asking = Object.assign(new Error('busy'), { retryAfter });
      const { clock, pipeline, of } = rig(retry({ maxRetries: 1, maxRetryAfter }));
      const operation = vi.fn(() => fail(asking));
      const call = pipeline.execute(operation);
      expect(await rejectionOf(clock.runUntil(call))).toBe(asking);
      expect(operation).toHaveBeenCalledTimes(retried ? 2 : 1);
      expect(of('retry_stopped')).toMatchObject([
        retried
          ? { reason: 'exhausted', attempts: 2, policy: 'retry' }
          : { reason: 'retry_after', attempts: 1 },
      ]);
      if (!retried) expect(clock.now()).toBe(0);
    }
  });

  it('R4: delayFrom decides instead of the error, on results too', async () => {
    const { clock, pipeline, of } = rig(
      retry({
        maxRetries: 1,
        random: () => 0,
        handle: (outcome) => outcome.kind === 'success',
        delayFrom: (outcome) => (outcome.kind === 'success' ? (outcome.value as number) : 1),
      }),
    );
    expect(await clock.runUntil(pipeline.execute(() => succeed(700)))).toBe(700);
    expect(of('retry')).toMatchObject([{ delayMs: 700, outcome: 'success', error: undefined }]);
  });

  it.each([undefined, Number.NaN, -5, '7', null])(
    'R4: what is no delay (%o) leaves the delay to the backoff',
    async (answer) => {
      const error = Object.assign(new Error('busy'), { retryAfter: answer });
      const byError = rig(retry({ maxRetries: 1, ...plain }));
      await byError.clock.runUntil(byError.pipeline.settle(() => fail(error)));
      expect(byError.clock.now()).toBe(100);
      const byOption = rig(retry({ maxRetries: 1, ...plain, delayFrom: () => answer as number }));
      await byOption.clock.runUntil(byOption.pipeline.settle(() => fail(boom)));
      expect(byOption.clock.now()).toBe(100);
    },
  );

  it('R5: a retry that could not start before the deadline is not started', async () => {
    for (const [total, delay, started] of [
      [1000, 999, true],
      [1000, 1000, false],
      [1000, 5000, false],
    ] as const) {
      const { clock, pipeline, of } = rig(timeout(total), retry({ backoff: () => delay }));
      const operation = vi.fn(() => fail(boom));
      const ended = follow(pipeline.execute(operation));
      await clock.flush();
      if (started) {
        expect(ended.now).toEqual({ is: 'pending' });
        await clock.runAll();
        expect(operation).toHaveBeenCalledTimes(2);
      } else {
        expect(of('retry_stopped')).toMatchObject([{ reason: 'deadline', attempts: 1 }]);
      }
      // The last real outcome, at once, and never a TimeoutError later.
      expect(ended.now).toEqual({ is: 'rejected', error: boom });
      expect(clock.pending).toBe(0);
    }
  });

  it('R5: the nearest of several deadlines around it counts, a timeout inside does not', async () => {
    const { clock, pipeline, of } = rig(
      timeout('10s'),
      timeout('1s'),
      retry({ backoff: () => 1500 }),
      timeout('500ms'),
    );
    expect(await rejectionOf(pipeline.execute(() => fail(boom)))).toBe(boom);
    expect(of('retry_stopped')).toMatchObject([{ reason: 'deadline' }]);
    expect(clock.now()).toBe(0);
  });

  it('R5: a retry that would leave less time than a success of late has taken is not started', async () => {
    const { clock, pipeline, of } = rig(
      timeout('1s'),
      retry({ backoff: () => 0, maxRetries: 1, budget: false }),
    );
    const after = (ms: number, end: () => unknown) =>
      new Promise<void>((resolve) => void clock.setTimer(() => resolve(), ms)).then(end);
    /** Fails after so long, and succeeds in a retry that takes 300 ms. */
    const call = (failsAfter: number) =>
      pipeline.settle(({ attempt }) =>
        attempt === 1 ? after(failsAfter, () => fail(boom)) : after(300, () => succeed('good')),
      );
    // Nothing is known: a retry with hardly any time left is made, and ends in a timeout.
    const hopeless = await clock.runUntil(call(800));
    expect(hopeless).toMatchObject({ reason: expect.any(TimeoutError) });
    expect(await clock.runUntil(call(100))).toMatchObject({ value: 'good' });
    expect(await clock.runUntil(call(600))).toMatchObject({ value: 'good' });

    const startedAt = clock.now();
    expect(await clock.runUntil(call(800))).toEqual({ status: 'rejected', reason: boom });
    expect(clock.now() - startedAt).toBe(800);
    expect(of('retry_stopped').at(-1)).toMatchObject({ reason: 'deadline', attempts: 1 });
    expect(await clock.runUntil(call(600))).toMatchObject({ value: 'good' });
  });

  it('R5: it is never stuck: retries it has prevented, and time, let the next one through', async () => {
    for (const pause of [0, 120_000]) {
      const { clock, pipeline, of } = rig(
        timeout('1s'),
        retry({ backoff: () => 0, maxRetries: 1, budget: false }),
      );
      const after = (ms: number, end: () => unknown) =>
        new Promise<void>((resolve) => void clock.setTimer(() => resolve(), ms)).then(end);
      let takes = 700;
      const call = async (failsAfter: number) => {
        const settled = pipeline.settle(({ attempt }) =>
          attempt === 1 ? after(failsAfter, () => fail(boom)) : after(takes, () => succeed('good')),
        );
        return (await clock.runUntil(settled)).status;
      };
      expect(await call(0)).toBe('fulfilled');
      takes = 10;
      await clock.advance(pause);
      let prevented = 0;
      while ((await call(900)) === 'rejected') prevented++;
      expect(prevented).toBeLessThan(45);
      if (pause > 0) expect(prevented).toBe(0);
      else expect(prevented).toBeGreaterThan(2);
      expect(of('retry_stopped')).toHaveLength(prevented);
      // What is fast now is soon known to be.
      for (let i = 0; i < 3; i++) expect(await call(900)).toBe('fulfilled');
    }
  });

  it('R5: a success of a first attempt teaches nothing, nor does a retry that failed', async () => {
    const { clock, pipeline } = rig(timeout('1s'), retry({ backoff: () => 0, maxRetries: 1 }));
    const after = (ms: number, end: () => unknown) =>
      new Promise<void>((resolve) => void clock.setTimer(() => resolve(), ms)).then(end);
    await clock.runUntil(pipeline.settle(() => after(900, () => succeed('slow'))));
    await clock.runUntil(pipeline.settle(() => after(450, () => fail(boom))));
    const call = pipeline.settle(({ attempt }) =>
      attempt === 1 ? after(900, () => fail(boom)) : succeed('good'),
    );
    expect(await clock.runUntil(call)).toMatchObject({ value: 'good' });
  });

  it('R6: a budget that is used up ends the retries with the last real outcome, and says so', async () => {
    const { clock, pipeline, of } = rig(
      retry({ maxRetries: 5, ...plain, budget: { ratio: 0, minPerSecond: 2 } }),
    );
    const errors = [1, 2, 3].map((n) => new Error(`${n}`));
    let calls = 0;
    const call = pipeline.execute(() => fail(errors[calls++]));
    expect(await rejectionOf(clock.runUntil(call))).toBe(errors[2]);
    expect(of('retry_stopped')).toMatchObject([{ reason: 'budget', attempts: 3 }]);
  });

  it('R6: with whenSpent wait, a call without budget waits for the delay first, and no longer', async () => {
    const spent = { ratio: 0, minPerSecond: 0 };
    for (const [options, waits] of [
      [{}, 0],
      [{ whenSpent: 'return' }, 0],
      [{ whenSpent: 'wait' }, 100],
      [{ whenSpent: 'wait', backoff: () => 250 }, 250],
      [{ whenSpent: 'wait', delayFrom: () => 300, random: () => 0 }, 300],
    ] as const) {
      const shape = 'backoff' in options ? {} : plain;
      const { clock, pipeline, of } = rig(retry({ budget: spent, ...shape, ...options }));
      const operation = vi.fn(() => fail(boom));
      expect(await rejectionOf(clock.runUntil(pipeline.execute(operation)))).toBe(boom);
      expect(clock.now()).toBe(waits);
      expect(operation).toHaveBeenCalledTimes(1);
      expect(of('retry_stopped')).toMatchObject([{ reason: 'budget', attempts: 1, error: boom }]);
      expect(of('retry')).toEqual([]);
    }
  });

  it('R6: such a wait is never longer than the call may take, and ends with the caller', async () => {
    const policy = () =>
      retry({
        budget: { ratio: 0, minPerSecond: 0 },
        whenSpent: 'wait',
        backoff: () => '2s',
        handle: ({ kind }) => kind !== 'timeout',
      });
    const bounded = rig(timeout('1s'), policy());
    expect(await rejectionOf(bounded.pipeline.execute(() => fail(boom)))).toBe(boom);
    expect(bounded.of('retry_stopped')).toMatchObject([{ reason: 'deadline' }]);
    expect(bounded.clock.now()).toBe(0);

    const { clock, pipeline, discarded } = rig(timeout('1h'), policy());
    const caller = new AbortController();
    const call = pipeline.settle(() => succeed('kept'), { signal: caller.signal });
    await clock.advance('1s');
    caller.abort(boom);
    expect(await call).toEqual({ status: 'rejected', reason: boom });
    await clock.flush();
    expect(discarded).toEqual(['kept']);
    expect(clock.pending).toBe(0);
  });

  it('R6: a result is answered after such a wait, not discarded', async () => {
    const { clock, pipeline, discarded } = rig(
      retry({
        budget: { ratio: 0, minPerSecond: 0 },
        whenSpent: 'wait',
        handle: ({ kind }) => kind === 'success',
        ...plain,
      }),
    );
    expect(await clock.runUntil(pipeline.execute(() => succeed(503)))).toBe(503);
    expect(clock.now()).toBe(100);
    expect(discarded).toEqual([]);
  });

  it('R6: a budget of its own for each policy, unless one is shared or turned off', async () => {
    const own = [retry(), retry()] as const;
    expect(own[0].budget).toBeDefined();
    expect(own[0].budget).not.toBe(own[1].budget);
    expect(retry({ budget: false }).budget).toBeUndefined();
    const copy = own[0].fork();
    expect(copy.budget).not.toBe(own[0].budget);
  });

  it('R6: without a budget only maxRetries counts', async () => {
    const { clock, pipeline } = rig(retry({ maxRetries: 500, backoff: () => 1, budget: false }));
    const operation = vi.fn(() => fail(boom));
    await clock.runUntil(pipeline.settle(operation));
    expect(operation).toHaveBeenCalledTimes(501);
  });

  it('R7: the last error itself is thrown, the last result itself returned', async () => {
    const errors = [new Error('1'), new Error('2')];
    const failing = rig(retry({ maxRetries: 1 }));
    let calls = 0;
    const call = failing.pipeline.execute(() => fail(errors[calls++]));
    expect(await rejectionOf(failing.clock.runUntil(call))).toBe(errors[1]);

    const results = [{ status: 503 }, { status: 503 }];
    const refusing = rig(retry({ maxRetries: 1, handle: ({ kind }) => kind === 'success' }));
    calls = 0;
    const answered = refusing.pipeline.execute(() => succeed(results[calls++]));
    expect(await refusing.clock.runUntil(answered)).toBe(results[1]);
    // The result that was retried is released, the one that was returned is not.
    expect(refusing.discarded).toEqual([results[0]]);
    expect(refusing.discarded[0]).toBe(results[0]);
  });

  it('R7: when retries end early, for whatever reason, the result is not released', async () => {
    const handle = ({ kind }: { kind: string }) => kind === 'success';
    for (const policies of [
      [retry({ maxRetries: 1, handle, budget: { ratio: 0, minPerSecond: 0 } })],
      [timeout(10), retry({ handle, backoff: () => 100 })],
      [retry({ handle, delayFrom: () => 60_000 })],
    ]) {
      const { pipeline, discarded } = rig(...policies);
      expect(await pipeline.execute(() => succeed('kept'))).toBe('kept');
      expect(discarded).toEqual([]);
    }
  });

  it('R8: each attempt has its own signal and number', async () => {
    const { clock, pipeline } = rig(retry({ maxRetries: 2 }));
    const contexts: Context[] = [];
    const signals: AbortSignal[] = [];
    await clock.runUntil(
      pipeline.settle((context) => {
        contexts.push(context);
        signals.push(context.signal);
        return fail(boom);
      }),
    );
    expect(contexts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(signals).size).toBe(3);
    // Nobody takes the place of the last one.
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
  });

  it('R8: what a failed attempt left running is aborted before the next one starts', async () => {
    const { clock, pipeline } = rig(
      retry({ maxRetries: 2 }),
      retry({ maxRetries: 1, name: 'inner' }),
    );
    const order: string[] = [];
    const half = ({ signal, attempt }: Context) =>
      new Promise(() => {
        signal.addEventListener('abort', () =>
          order.push(`${attempt} aborts: ${signal.reason.name}`),
        );
      });
    await clock.runUntil(
      pipeline.settle((context) => {
        order.push(`${context.attempt} starts`);
        return Promise.all([half(context), fail(boom)]);
      }),
    );
    expect(order).toEqual(
      [1, 2, 3, 4, 5, 6].flatMap((n) =>
        n < 6 ? [`${n} starts`, `${n} aborts: AbortError`] : [`${n} starts`],
      ),
    );
  });

  it('R8: an attempt that failed without having read its signal finds it aborted', async () => {
    const { clock, pipeline } = rig(retry({ maxRetries: 1 }));
    const contexts: Context[] = [];
    await clock.runUntil(
      pipeline.settle((context) => {
        contexts.push(context);
        return fail(boom);
      }),
    );
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  });

  it('R8: an attempt with a result that will not do is not aborted, so that the result can be released', async () => {
    const handle = ({ kind }: { kind: string }) => kind === 'success';
    const { clock, pipeline, discarded } = rig(retry({ maxRetries: 1, handle }));
    const signals: AbortSignal[] = [];
    await clock.runUntil(
      pipeline.execute(({ signal, attempt }) => {
        signals.push(signal);
        return succeed(`result ${attempt}`);
      }),
    );
    expect(discarded).toEqual(['result 1']);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });

  it('R8: an abort of the call by what a failed attempt left running is obeyed', async () => {
    const { clock, pipeline } = rig(retry({ maxRetries: 1 }));
    const caller = new AbortController();
    const reason = new Error('enough');
    const operation = vi.fn(({ signal }: Context) => {
      signal.addEventListener('abort', () => caller.abort(reason));
      return fail(boom);
    });
    const call = pipeline.execute(operation, { signal: caller.signal });
    expect(await rejectionOf(clock.runUntil(call))).toBe(reason);
    expect(operation).toHaveBeenCalledTimes(1);
  });

  it('R9: a predicate or delay function that throws ends the call with its error', async () => {
    const thrown = new Error('from the callback');
    const throws = () => {
      throw thrown;
    };
    for (const options of [
      { handle: throws },
      { backoff: throws },
      { delayFrom: throws },
      { backoff: { next: throws } },
    ]) {
      const { clock, pipeline } = rig(retry(options), bulkhead({ maxConcurrent: 1 }));
      const operation = vi.fn(() => fail(boom));
      expect(await rejectionOf(pipeline.execute(operation))).toBe(thrown);
      expect(operation).toHaveBeenCalledTimes(1);
      expect(clock.pending).toBe(0);
      expect(pipeline.snapshot()).toMatchObject({
        inFlight: 0,
        policies: { bulkhead: { inFlight: 0 } },
      });
    }
  });

  it('R9: a predicate that throws on a later attempt ends the call too', async () => {
    const thrown = new Error('from the callback');
    let asked = 0;
    const { clock, pipeline } = rig(
      retry({
        handle: () => {
          if (++asked === 2) throw thrown;
          return true;
        },
      }),
    );
    const operation = vi.fn(() => fail(boom));
    expect(await rejectionOf(clock.runUntil(pipeline.execute(operation)))).toBe(thrown);
    expect(operation).toHaveBeenCalledTimes(2);
  });

  it('the events of a call tell its story', async () => {
    const { clock, pipeline, events } = rig(retry({ maxRetries: 1, ...plain, name: 'again' }));
    await clock.runUntil(pipeline.settle(() => fail(boom)));
    const at = { pipeline: 'rig', key: undefined, callId: expect.any(Number) };
    expect(events).toEqual([
      {
        type: 'attempt',
        attempt: 1,
        kind: 'first',
        outcome: 'failure',
        error: boom,
        policy: undefined,
        ...at,
      },
      {
        type: 'retry',
        attempt: 2,
        delayMs: 100,
        outcome: 'failure',
        error: boom,
        policy: 'again',
        ...at,
      },
      {
        type: 'attempt',
        attempt: 2,
        kind: 'retry',
        outcome: 'failure',
        error: boom,
        policy: undefined,
        ...at,
      },
      {
        type: 'retry_stopped',
        reason: 'exhausted',
        attempts: 2,
        outcome: 'failure',
        error: boom,
        policy: 'again',
        ...at,
      },
      {
        type: 'call',
        outcome: 'failure',
        attempts: 2,
        durationMs: 100,
        error: boom,
        policy: undefined,
        ...at,
      },
    ]);
  });

  it('works the same when nobody listens', async () => {
    const quiet = pipeline('quiet', retry({ maxRetries: 2, backoff: () => 0 }));
    const operation = vi.fn(() => fail(boom));
    expect(await rejectionOf(quiet.execute(operation))).toBe(boom);
    expect(operation).toHaveBeenCalledTimes(3);
  });

  it('G5: an abort before the call, during the backoff or an attempt ends it at once', async () => {
    const reason = new Error('the caller left');
    const before = rig(retry());
    const never = vi.fn(() => fail(boom));
    const aborted = AbortSignal.abort(reason);
    expect(await rejectionOf(before.pipeline.execute(never, { signal: aborted }))).toBe(reason);
    expect(never).not.toHaveBeenCalled();

    const { clock, pipeline, of } = rig(retry(plain));
    const waiting = new AbortController();
    const operation = vi.fn(() => fail(boom));
    const ended = follow(pipeline.execute(operation, { signal: waiting.signal }));
    await clock.advance(50);
    expect(ended.now).toEqual({ is: 'pending' });
    waiting.abort(reason);
    await clock.flush();
    expect(ended.now).toEqual({ is: 'rejected', error: reason });
    expect(operation).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
    expect(of('call')).toMatchObject([{ outcome: 'cancelled', attempts: 1 }]);
    await clock.runAll();
    expect(operation).toHaveBeenCalledTimes(1);
  });
});

it('R2: retries the timeout of a policy inside, and throws the last one', async () => {
  const { clock, pipeline, of } = rig(retry({ maxRetries: 2, ...plain }), timeout('1s'));
  const operation = byHand(clock);
  const error = await rejectionOf(clock.runUntil(pipeline.execute(operation)));
  expect(error).toBeInstanceOf(TimeoutError);
  expect(operation.started.map(({ at }) => at)).toEqual([0, 1100, 2300]);
  expect(of('attempt').map((event) => 'outcome' in event && event.outcome)).toEqual([
    'timeout',
    'timeout',
    'timeout',
  ]);
});

it('R2: does not retry the rejection of a policy inside', async () => {
  const { clock, pipeline } = rig(retry(), bulkhead({ maxConcurrent: 1 }));
  const operation = byHand(clock);
  const first = pipeline.execute(operation);
  expect(await rejectionOf(pipeline.execute(operation))).toBeInstanceOf(BulkheadFullError);
  expect(clock.pending).toBe(0);
  operation.started[0]?.resolve('good');
  expect(await first).toBe('good');
});

it('R2: the abort of the caller is not even shown to handle', async () => {
  const handle = vi.fn(() => true);
  const { clock, pipeline, discarded } = rig(retry({ handle }));
  const operation = byHand(clock);
  const caller = new AbortController();
  const call = pipeline.execute(operation, { signal: caller.signal });
  caller.abort();
  expect(await rejectionOf(call)).toBe(caller.signal.reason);
  expect(handle).not.toHaveBeenCalled();
  operation.started[0]?.resolve('late');
  await clock.flush();
  expect(handle).not.toHaveBeenCalled();
  expect(discarded).toEqual(['late']);
});

it('R8: the work of an attempt that timed out is aborted before the next one starts', async () => {
  const { clock, pipeline } = rig(retry({ maxRetries: 1, backoff: () => 0 }), timeout('1s'));
  const order: string[] = [];
  const call = pipeline.execute(({ signal, attempt }) => {
    order.push(`${attempt} starts`);
    signal.addEventListener('abort', () => order.push(`${attempt} aborts: ${signal.reason.code}`));
    return new Promise(() => {});
  });
  await rejectionOf(clock.runUntil(call));
  expect(order).toEqual(['1 starts', '1 aborts: ERR_TIMEOUT', '2 starts', '2 aborts: ERR_TIMEOUT']);
});

it('R8: a late result of an attempt that timed out goes to discard, and the next attempt counts', async () => {
  const { clock, pipeline, discarded } = rig(
    retry({ maxRetries: 1, backoff: () => 0 }),
    timeout('1s'),
  );
  const operation = byHand(clock);
  const call = pipeline.execute(operation);
  await clock.advance('1s');
  operation.started[0]?.resolve('late');
  operation.started[1]?.resolve('in time');
  expect(await call).toBe('in time');
  expect(discarded).toEqual(['late']);
});

it('R9: after a timeout around it nothing more is called', async () => {
  const handle = vi.fn(() => true);
  const backoff = vi.fn(() => 400);
  const { clock, pipeline, events } = rig(timeout('1s'), retry({ handle, backoff }));
  const operation = byHand(clock);
  const call = pipeline.execute(operation);
  operation.started[0]?.reject(boom);
  await clock.advance(400);
  const error = rejectionOf(call);
  await clock.advance(600);
  expect(await error).toBeInstanceOf(TimeoutError);
  const calls = [handle.mock.calls.length, backoff.mock.calls.length, events.length];
  operation.started[1]?.reject(boom);
  await clock.runAll();
  expect([handle.mock.calls.length, backoff.mock.calls.length, events.length]).toEqual(calls);
  expect(operation.started).toHaveLength(2);
  expect(operation.started[1]?.context.signal.reason).toBe(await error);
});
