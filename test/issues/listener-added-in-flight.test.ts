import { pipeline } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { deferred } from '../pipeline/support/deferred.js';

/** A call that had started before anybody listened was reported with a duration counted from some earlier call. */
it('a call of unknown duration is not reported', async () => {
  const clock = new VirtualClock({ start: 5_000 });
  const calls = pipeline({ name: 'calls', clock });
  const stopped = calls.on('call', () => {});
  const overlapping = deferred();
  const heardAtFirst = calls.execute(() => overlapping.promise);
  stopped();
  overlapping.resolve(1);
  await heardAtFirst;
  const answer = deferred();
  const call = calls.execute(() => answer.promise);
  const durations: number[] = [];
  calls.on('call', ({ durationMs }) => durations.push(durationMs));
  await clock.advance(100);
  answer.resolve(1);
  await call;
  expect(durations).toEqual([]);
  await calls.execute(() => 1);
  expect(durations).toEqual([0]);
});
