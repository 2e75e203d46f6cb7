import { adaptiveLimiter, pipeline, timeout } from 'holdfast';
import { expect, it } from 'vitest';
import { byHand, rig } from '../policies/support/rig.js';

/**
 * Time alone can make slots free: those that are kept, and all when the brake lets go. A call that came at that moment took one, ahead of
 * those who waited.
 */
it('L2: a slot that is no longer kept goes to who waits for it, not to who comes at that moment', async () => {
  const policy = adaptiveLimiter({ maxLimit: 1 });
  const { clock, pipeline } = rig(timeout('1s'), policy);
  const order: string[] = [];
  const call = (name: string) =>
    pipeline.settle(() => {
      order.push(name);
      return new Promise(() => {});
    });
  // Armed before the limiter's own timer of the same moment.
  clock.setTimer(() => void call('late'), 2_750);
  for (let i = 0; i < 2; i++) {
    const operation = byHand(clock);
    const given = pipeline.settle(operation);
    await clock.advance('1s');
    await given;
    operation.started[0]?.reject('aborted');
    await clock.flush();
  }
  // The second is kept for three quarters of a second more.
  expect(policy.snapshot()).toMatchObject({ limit: 1, inFlight: 0, kept: 1 });
  await clock.advance(550);
  void call('waits');
  expect(policy.snapshot()).toMatchObject({ queued: 1 });
  await clock.advance(200);
  expect(order).toEqual(['waits']);
  expect(policy.snapshot()).toMatchObject({ inFlight: 1, queued: 1, kept: 0 });
});

it('L2: when the brake lets go, those who wait are served by whoever comes next', async () => {
  const policy = adaptiveLimiter({ maxWait: '1h' });
  const { clock, pipeline: short } = rig(timeout('1s'), policy);
  const long = pipeline({ name: 'long', clock }, policy);
  const hanging = byHand(clock);
  for (let i = 0; i < 100; i++) void short.settle(hanging);
  await clock.advance(600);
  const order: string[] = [];
  const call = (name: string) =>
    void long.settle(() => {
      order.push(name);
      return new Promise(() => {});
    });
  // They have hung for longer than half of their time.
  call('waits');
  expect(policy.snapshot()).toMatchObject({ inFlight: 100, queued: 1 });
  await clock.advance('31s');
  call('comes');
  await clock.flush();
  expect(order.sort()).toEqual(['comes', 'waits']);
  expect(policy.snapshot()).toMatchObject({ inFlight: 102, queued: 0, limit: 10_000 });
});
