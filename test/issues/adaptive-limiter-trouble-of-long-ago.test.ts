import { adaptiveLimiter, timeout } from 'holdfast';
import { expect, it } from 'vitest';
import { Brake } from '../../src/policies/adaptive-limiter/brake/brake.js';
import { byHand, rig } from '../policies/support/rig.js';

/** The limit was let go after 30 s, but not the trouble: after a quiet hour, one bad answer in a burst of good ones cut it again. */
it('L2: trouble of an hour ago does not have a single bad answer cut the limit', () => {
  const brake = new Brake(1, 10_000);
  const most = () => brake.useless(brake.cuts, 0, 4);
  for (let i = 0; i < 30; i++) most();
  expect(brake.current).toBe(1);
  brake.advance(3_600_000);
  expect(brake.current).toBe(10_000);
  for (let i = 0; i < 20; i++) brake.useful(brake.cuts, 3_600_000, 500);
  brake.useless(brake.cuts, 3_600_000, 500);
  expect(brake.current).toBe(10_000);
});

/** Slots that nobody kept any more, and a limit that was let go, were shown until the next call came. */
it('L2: what is shown is what is, also when no call has come since', async () => {
  const policy = adaptiveLimiter({ releaseOnAbandon: true });
  const { clock, pipeline } = rig(timeout('1s'), policy);
  for (let i = 0; i < 8; i++) {
    void pipeline.settle(() => new Promise(() => {}));
    await clock.advance('1s');
  }
  expect(policy.snapshot()).toMatchObject({ limit: 1, kept: 1 });
  await clock.advance('1s');
  expect(policy.snapshot()).toMatchObject({ limit: 1, kept: 0 });
  await clock.advance('31s');
  expect(policy.measure(clock.now()).limit).toBe(10_000);
  expect(policy.busy()).toBe(false);
});

/** Where a call had found no slot, and the limit was since let go, 10,000 calls seemed to be in flight: that all of them hung was lost among those. */
it('L2: when the limit was let go, what counts is what is in flight', async () => {
  const policy = adaptiveLimiter({ initialLimit: 8, maxQueued: 0 });
  const { clock, pipeline } = rig(timeout('100s'), policy);
  const operation = byHand(clock);
  for (let i = 0; i < 9; i++) void pipeline.settle(operation);
  expect(operation.started).toHaveLength(8);
  await clock.advance('31s');
  operation.started[0]?.resolve('in time');
  await clock.advance('29s');
  expect(policy.snapshot()).toMatchObject({ limit: 10_000, inFlight: 7 });
  for (const { resolve } of operation.started) resolve('late');
  await clock.flush();
  expect(policy.snapshot().limit).toBeLessThan(8);
});

/** A limiter that begins with less than it may have counted as braked: keyed pipelines dropped none of its copies for 30 s, however many. */
it('L2: one that begins low, and has had no trouble, may be dropped', async () => {
  const policy = adaptiveLimiter({ initialLimit: 5 });
  const { pipeline } = rig(policy);
  await pipeline.execute(() => 1);
  expect(policy.busy()).toBe(false);
});
