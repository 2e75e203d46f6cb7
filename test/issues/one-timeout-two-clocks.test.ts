import { bulkhead, pipeline, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { deferred, never } from '../pipeline/support/deferred.js';

/** A policy in pipelines of two clocks took a deadline of the one out of the queue of the other, and broke both. */
it('a timeout shared by pipelines of two clocks keeps their deadlines apart', async () => {
  const one = new VirtualClock();
  const two = new VirtualClock({ start: 1_000_000 });
  const shared = timeout('1s');
  const first = pipeline({ name: 'first', clock: one }, shared);
  const second = pipeline({ name: 'second', clock: two }, shared);
  const answer = deferred();
  const early = first.execute(() => answer.promise);
  let seen = 0;
  const stuck = first.settle((context) => {
    seen = context.deadline;
    return never();
  });
  const other = second.settle(never);
  answer.resolve('ok');
  expect(await early).toBe('ok');
  expect(seen).toBe(1_000);
  await one.advance(1_000);
  expect(await stuck).toMatchObject({ reason: { timeoutMs: 1_000 } });
  await two.advance(1_000);
  expect(await other).toMatchObject({ reason: { timeoutMs: 1_000 } });
  expect([one.pending, two.pending]).toEqual([0, 0]);
});

it('a queue shared by pipelines of two clocks, too', async () => {
  const one = new VirtualClock();
  const two = new VirtualClock();
  const shared = bulkhead({ maxConcurrent: 1, maxQueued: 5, maxWait: '1s' });
  const first = pipeline({ name: 'first', clock: one }, shared);
  const second = pipeline({ name: 'second', clock: two }, shared);
  const answer = deferred();
  const holder = first.execute(() => answer.promise);
  const waits = [first.settle(() => 1), second.settle(() => 2), first.settle(never)];
  answer.resolve('ok');
  await holder;
  expect(await Promise.all(waits.slice(0, 2))).toMatchObject([{ value: 1 }, { value: 2 }]);
  expect([one.pending, two.pending]).toEqual([0, 0]);
});
