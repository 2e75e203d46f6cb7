import { pipeline, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { timeSourceOf } from '../../src/time/time-source.js';
import { deferred, never } from '../pipeline/support/deferred.js';

/** The queue of each duration was kept for ever: timeouts made for one call, from the time that call has left, leaked. */
it('the queues of durations that nobody uses any more are let go', async () => {
  const clock = new VirtualClock();
  for (let i = 1; i <= 5_000; i++) {
    await pipeline({ name: 'calls', clock }, timeout(1_000 + i / 7)).execute(() => i);
  }
  expect(timeSourceOf(clock).durations).toBeLessThan(1_000);
});

it('and those in use go on', async () => {
  const clock = new VirtualClock();
  const kept = pipeline({ name: 'kept', clock }, timeout(50));
  const idle = pipeline({ name: 'idle', clock }, timeout(60));
  const answer = deferred();
  const early = kept.execute(() => answer.promise);
  const late = kept.settle(never);
  await idle.execute(() => 1);
  for (let i = 1; i <= 2_000; i++) timeSourceOf(clock).deadlines(1_000 + i);
  answer.resolve('ok');
  expect(await early).toBe('ok');
  const again = idle.settle(never);
  await clock.advance(50);
  expect(await late).toMatchObject({ reason: { timeoutMs: 50 } });
  await clock.advance(10);
  expect(await again).toMatchObject({ reason: { timeoutMs: 60 } });
  expect(clock.pending).toBe(0);
});
