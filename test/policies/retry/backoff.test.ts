import * as cockatiel3 from 'cockatiel';
import * as cockatiel4 from 'cockatiel4';
import { ConfigError, retry } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { rejectionOf, rig } from '../support/rig.js';

const boom = new Error('boom');

/** The delays that a backoff leads to, in a call that always fails. */
async function delaysOf(
  backoff: NonNullable<Parameters<typeof retry>[0]>['backoff'],
  maxRetries = 4,
): Promise<unknown[]> {
  const { clock, pipeline, of } = rig(retry({ backoff, maxRetries, budget: false }));
  await clock.runUntil(pipeline.settle(() => Promise.reject(boom)));
  return of('retry').map((event) => 'delayMs' in event && event.delayMs);
}

describe('R3: a backoff function', () => {
  it('is given the number of the retry and the outcome, and its delays are taken as they are', async () => {
    const seen: unknown[] = [];
    const delays = await delaysOf((retryNumber, outcome) => {
      seen.push([retryNumber, outcome.kind, outcome.kind === 'success' || outcome.error]);
      return retryNumber === 1 ? '1s' : retryNumber * 10;
    }, 3);
    expect(delays).toEqual([1_000, 20, 30]);
    expect(seen).toEqual([1, 2, 3].map((each) => [each, 'failure', boom]));
  });

  it('that answers no duration ends the call with a ConfigError', async () => {
    for (const answer of [Number.NaN, -1, 'soon', undefined, Promise.reject(boom)]) {
      const { pipeline } = rig(retry({ backoff: (() => answer) as () => number }));
      const error = await rejectionOf(pipeline.execute(() => Promise.reject(boom)));
      expect(error).toBeInstanceOf(ConfigError);
      expect(error).toMatchObject({ path: 'retry.backoff', policy: 'retry', cause: boom });
      expect((error as Error).message).toMatch(
        /^retry\.backoff: its result must be a duration: .* \(returned /,
      );
    }
  });

  it('that answers no duration for a result has no cause', async () => {
    const { pipeline } = rig(retry({ backoff: () => Number.NaN, handle: () => true }));
    const error = await rejectionOf(pipeline.execute(() => 'no error'));
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).cause).toBeUndefined();
  });
});

describe.each([
  ['3.2.1', cockatiel3],
  ['4.0.0', cockatiel4],
])('R3: backoffs of cockatiel %s', (_, cockatiel) => {
  const { ConstantBackoff, DelegateBackoff, ExponentialBackoff, IterableBackoff } =
    cockatiel as typeof cockatiel3;

  it('ConstantBackoff', async () => {
    expect(await delaysOf(new ConstantBackoff(250))).toEqual([250, 250, 250, 250]);
  });

  it('IterableBackoff repeats its last delay', async () => {
    expect(await delaysOf(new IterableBackoff([10, 20, 50]))).toEqual([10, 20, 50, 50]);
  });

  it('IterableBackoff of nothing ends the call with a ConfigError', async () => {
    const { pipeline } = rig(retry({ backoff: new IterableBackoff([]) }));
    const error = await rejectionOf(pipeline.execute(() => Promise.reject(boom)));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ path: 'retry.backoff', cause: boom });
  });

  it('ExponentialBackoff, also with each of its generators, stays within its cap', async () => {
    const { noJitterGenerator, fullJitterGenerator, halfJitterGenerator } =
      cockatiel as typeof cockatiel3;
    const none = new ExponentialBackoff({ generator: noJitterGenerator, maxDelay: 500 });
    expect(await delaysOf(none)).toEqual([128, 256, 500, 500]);
    for (const generator of [fullJitterGenerator, halfJitterGenerator]) {
      const delays = await delaysOf(new ExponentialBackoff({ generator, maxDelay: 500 }), 50);
      expect(delays).toHaveLength(50);
      for (const delay of delays) expect(delay).toBeLessThanOrEqual(500);
    }
    const delays = await delaysOf(new ExponentialBackoff(), 50);
    expect(delays).toHaveLength(50);
    for (const delay of delays) {
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(30_000);
    }
  });

  it('DelegateBackoff is given attempt, signal and result, and its own state', async () => {
    const seen: unknown[] = [];
    const backoff = new DelegateBackoff<cockatiel3.IRetryBackoffContext<unknown>, number>(
      ({ attempt, signal, result }, state = 0) => {
        seen.push([attempt, signal instanceof AbortSignal && !signal.aborted, result, state]);
        return { delay: attempt * 10, state: state + 1 };
      },
    );
    expect(await delaysOf(backoff, 3)).toEqual([10, 20, 30]);
    expect(seen).toEqual([
      [1, true, { error: boom }, 0],
      [2, true, { error: boom }, 1],
      [3, true, { error: boom }, 2],
    ]);
  });

  it('DelegateBackoff is given the value of a result that is retried', async () => {
    const seen: unknown[] = [];
    const backoff = new DelegateBackoff<cockatiel3.IRetryBackoffContext<unknown>>(({ result }) => {
      seen.push(result);
      return 1;
    });
    const { clock, pipeline } = rig(retry({ backoff, maxRetries: 1, handle: () => true }));
    await clock.runUntil(pipeline.settle(() => 503));
    expect(seen).toEqual([{ value: 503 }]);
  });

  it('the signal of a DelegateBackoff aborts with the call', async () => {
    const signals: AbortSignal[] = [];
    const backoff = new DelegateBackoff<cockatiel3.IRetryBackoffContext<unknown>>(({ signal }) => {
      signals.push(signal);
      return 1000;
    });
    const { clock, pipeline } = rig(retry({ backoff }));
    const caller = new AbortController();
    const call = pipeline.settle(() => Promise.reject(boom), { signal: caller.signal });
    await clock.flush();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    caller.abort(boom);
    await call;
    expect(signals[0]?.reason).toBe(boom);
  });

  it('each call starts a backoff afresh, also at the same time', async () => {
    const { clock, pipeline, of } = rig(
      retry({ backoff: new IterableBackoff([10, 20]), maxRetries: 2 }),
    );
    const calls = [1, 2].map(() => pipeline.settle(() => Promise.reject(boom)));
    await clock.runUntil(Promise.all(calls));
    const delays = of('retry').map((event) => 'delayMs' in event && event.delayMs);
    expect(delays).toEqual([10, 10, 20, 20]);
  });

  it('R4: a delay that the failure asks for comes first, and its step is counted all the same', async () => {
    const errors = [boom, Object.assign(new Error('busy'), { retryAfter: 5 }), boom, boom];
    const { clock, pipeline, of } = rig(
      retry({ backoff: new IterableBackoff([10, 20, 30]), random: () => 0 }),
    );
    await clock.runUntil(pipeline.settle(({ attempt }) => Promise.reject(errors[attempt - 1])));
    const delays = of('retry').map((event) => 'delayMs' in event && event.delayMs);
    expect(delays).toEqual([10, 5, 30]);
  });
});

describe('a `backoff` that is none', () => {
  it.each([100, '1s', true, null, {}, { next: 5 }, [100, 200]])('%o', (backoff) => {
    expect(() => retry({ backoff: backoff as never })).toThrow(ConfigError);
    expect(() => retry({ backoff: backoff as never })).toThrow('such as () => 100');
  });

  it('a class of cockatiel’s instead of an instance', () => {
    for (const backoff of [cockatiel3.ExponentialBackoff, cockatiel4.ConstantBackoff]) {
      expect(() => retry({ backoff: backoff as never })).toThrow(
        'such as new ExponentialBackoff()',
      );
    }
  });

  it('beside options that it replaces', () => {
    const options = { backoff: () => 1, initialDelay: 1, factor: 2, maxDelay: 5, jitter: 'none' };
    try {
      retry(options as never);
      expect.unreachable();
    } catch (error) {
      const { issues } = error as ConfigError;
      expect(issues.map(({ path }) => path)).toEqual([
        'retry.initialDelay',
        'retry.factor',
        'retry.maxDelay',
        'retry.jitter',
      ]);
      expect(issues[0]?.message).toBe('has no effect beside backoff: use one or the other');
    }
  });

  it('R6: whenSpent without a budget that could be', () => {
    expect(() => retry({ whenSpent: 'wait', budget: false })).toThrow(
      'retry.whenSpent: has no effect without a budget',
    );
    expect(() => retry({ whenSpent: 'later' as never })).toThrow('retry.whenSpent');
    expect(() => retry({ budget: false })).not.toThrow();
  });

  it('one mistake is told once: rules about several options wait until each is right', () => {
    for (const options of [
      { initialDelay: '5 s' },
      { initialDelay: 30_000, maxDelay: '5' },
      { backoff: 5, maxDelay: 1 },
    ]) {
      try {
        retry(options as never);
        expect.unreachable();
      } catch (error) {
        expect((error as ConfigError).issues).toHaveLength(1);
      }
    }
  });
});

it('R1: what is no backoff is told with what would be one', () => {
  expect(() => retry({ backoff: 5 as never })).toThrow(
    'retry.backoff: must be a function of the number of the retry, such as () => 100, or a backoff of cockatiel, such as new ExponentialBackoff() (got 5)',
  );
});
