import { pipeline, retry, TimeoutError, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

/**
 * A retry was started with less time left than a success takes. It could only end in a timeout: load for an upstream in trouble,
 * and the caller learnt later, and less.
 */
it('R5: once it is known how long a success takes, no retry is started that has less time', async () => {
  const clock = new VirtualClock();
  const calls = pipeline({ name: 'calls', clock }, timeout('1s'), retry({ backoff: () => 50 }));
  const busy = new Error('503');
  const wait = (ms: number) =>
    new Promise<void>((resolve) => void clock.setTimer(() => resolve(), ms));
  let asked = 0;
  /** Every first attempt fails after so long; a retry succeeds in 400 ms. */
  const call = (failsAfter: number) =>
    clock.runUntil(
      calls.settle(async ({ attempt }) => {
        asked++;
        await wait(attempt === 1 ? failsAfter : 400);
        if (attempt === 1) throw busy;
        return 'good';
      }),
    );
  for (let i = 0; i < 5; i++) expect(await call(100)).toMatchObject({ value: 'good' });
  asked = 0;
  const outcomes = new Set<unknown>();
  for (let i = 0; i < 4; i++) {
    const result = await call(700);
    outcomes.add(result.status === 'rejected' ? result.reason : result.value);
  }
  // Not one of them could have succeeded in the 250 ms that were left.
  expect(outcomes).toEqual(new Set([busy]));
  expect(asked).toBe(4);
  // With the time for it, it is made as ever.
  expect(await call(400)).toMatchObject({ value: 'good' });
  // And it does not believe this for ever: now and then one is tried, and it may well be that it is faster by now.
  let tried = 0;
  for (let i = 0; i < 30; i++) {
    const result = await call(700);
    if (result.status === 'rejected' && result.reason instanceof TimeoutError) tried++;
  }
  expect(tried).toBeGreaterThan(0);
});
