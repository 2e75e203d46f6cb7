import { adaptiveLimiter, timeout } from 'holdfast';
import { expect, it } from 'vitest';
import { byHand, rig } from '../policies/support/rig.js';

/**
 * Calls in flight are looked at in the order in which they started, the oldest alone. One of the first ten, of which nothing is known without a
 * deadline, is never late: if it did not end, no later call was ever found late before it ended.
 */
it('L2: one call that never ends, and is never late, does not hide those behind it', async () => {
  const policy = adaptiveLimiter();
  const { clock, pipeline } = rig(policy);
  const endless = byHand(clock);
  void pipeline.settle(endless);
  const operation = byHand(clock);
  for (let i = 0; i < 30; i++) {
    const made = pipeline.settle(operation);
    await clock.advance(10);
    operation.started[i]?.resolve('good');
    await made;
  }
  for (let i = 0; i < 40; i++) void pipeline.settle(operation);
  await clock.advance(500);
  expect(policy.snapshot().limit).toBe(10_000);
  void pipeline.settle(operation);
  expect(policy.snapshot().limit).toBeLessThan(40);
});

it('L2: a call whose caller had no time left when it started is no sign of trouble', async () => {
  const policy = adaptiveLimiter({ maxLimit: 50 });
  const { clock, pipeline } = rig(timeout('1s'), policy);
  // As after a blocked event loop: the deadline has passed before the call begins.
  const late = { ...callOf(clock), deadline: clock.now() - 1 };
  for (let i = 0; i < 20; i++) {
    expect(policy.enter(late as never)).toBeUndefined();
    await clock.advance(5);
    policy.exit(late as never, { kind: 'success', value: 1, error: undefined } as never);
  }
  expect(policy.snapshot()).toMatchObject({ limit: 50, inFlight: 0 });
  await pipeline.execute(() => 1);
});

/** What a gate asks of a call. */
function callOf(clock: ReturnType<typeof rig>['clock']) {
  const now = () => clock.now();
  return {
    time: { clock, now, recent: now, elapsed: (from: number, to: number) => to - from },
    state: undefined,
  };
}
