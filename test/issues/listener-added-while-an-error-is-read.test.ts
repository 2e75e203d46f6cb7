import {
  type PipelineEvent,
  pipeline,
  type RetryOptions,
  retry,
  retryBudget,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

/** Tells what a listener hears that the `retryAfter` of the error adds when it is read for the nth time. */
async function heard(options: RetryOptions, retryAfter: unknown, nth: number, straight: boolean) {
  const clock = new VirtualClock();
  const calls = pipeline(
    // A call that keeps its stack is not on the straight path.
    { name: 'calls', clock, captureStack: !straight },
    timeout('10s'),
    retry({ jitter: 'none', random: () => 0.5, budget: false, ...options }),
  );
  const events: unknown[] = [];
  const listen = (event: PipelineEvent): void => {
    const { type, callId: _, error: __, ...rest } = { error: undefined, ...event };
    events.push([type, rest]);
  };
  let reads = 0;
  const error = Object.defineProperty(new Error('no'), 'retryAfter', {
    get() {
      if (++reads === nth) calls.on(listen);
      return retryAfter;
    },
  });
  const call = calls.settle(() => Promise.reject(error));
  await clock.advance('1m');
  await call;
  return events;
}

const CASES: [string, string, RetryOptions, unknown][] = [
  ['a retry', 'retry', {}, undefined],
  ['a retry when the error asks', 'retry', {}, 100],
  ['a retry at once', 'retry', { initialDelay: 0 }, undefined],
  ['no time left', 'retry_stopped', {}, 11_000],
  ['a wait that is too long', 'retry_stopped', { maxRetryAfter: 50 }, 100],
  [
    'a budget that is spent',
    'retry_stopped',
    { budget: retryBudget({ ratio: 0, minPerSecond: 0 }) },
    1,
  ],
];

/** On the straight path, a listener that was added there heard of everything but what the error was read for. */
it.each(CASES)(
  'R7: a listener that is added while the error is read hears of %s',
  async (_what, type, options, retryAfter) => {
    for (const nth of type === 'retry' ? [1, 2] : [1]) {
      const full = await heard(options, retryAfter, nth, false);
      expect(full[0]).toMatchObject([type, {}]);
      expect(await heard(options, retryAfter, nth, true)).toEqual(full);
    }
  },
);
