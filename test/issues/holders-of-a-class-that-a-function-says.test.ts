import { AsyncLocalStorage } from 'node:async_hooks';
import { adaptiveLimiter, type Priority } from 'holdfast';
import { startOver } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { rig } from '../policies/support/rig.js';

/**
 * A call whose class the function `priority` had said counted as `normal` while it held a slot. So `lowest` always held less than its share, and calls of
 * that class which hung took one slot after the other.
 */
const SLOTS = 4;

/** Calls of class `high` that end at once, and of class `lowest` that hang, behind four that are let in unasked. Returns which of them started. */
async function started(isFunction: boolean): Promise<string[]> {
  const class_ = new AsyncLocalStorage<Priority>();
  const limiter = adaptiveLimiter({
    ...{ minLimit: SLOTS, maxLimit: SLOTS, maxQueued: 1_000, maxWait: '1h' },
    ...(isFunction ? { priority: () => class_.getStore() } : {}),
  });
  const { pipeline: calls, clock } = rig(limiter);
  const order: string[] = [];
  const call = (priority: Priority, operation: () => unknown) => {
    const run = () => {
      order.push(priority);
      return operation();
    };
    if (isFunction) class_.run(priority, () => void calls.settle(run));
    else void calls.settle(run, { priority });
  };
  const ends: (() => void)[] = [];
  const plain = () => new Promise<void>((resolve) => ends.push(resolve));
  for (let i = 0; i < SLOTS; i++) void calls.settle(plain);
  for (let i = 0; i < 10; i++) call('lowest', () => new Promise(() => {}));
  for (let i = 0; i < 400; i++) call('high', () => undefined);
  for (const end of ends) {
    end();
    await clock.flush();
  }
  return order;
}

it('K3: calls that hang hold the slots of the class that the function has said', async () => {
  const order = await started(true);
  expect(order).toEqual(await started(false));
  expect(order.indexOf('lowest')).toBeLessThan(64);
  expect(order.lastIndexOf('high')).toBeLessThan(
    order.indexOf('lowest', order.indexOf('lowest') + 1),
  );
});

it('K3: so do those that find a slot after they have been asked, until they end', async () => {
  let asked = (): void => {};
  const limiter = adaptiveLimiter({
    ...{ minLimit: SLOTS, maxLimit: SLOTS, maxQueued: 1_000, maxWait: '1h' },
    priority: () => {
      asked();
      return 'lowest';
    },
  });
  const { pipeline: calls, clock } = rig(limiter);
  const ends: (() => void)[] = [];
  const held = () => new Promise<void>((resolve) => ends.push(resolve));
  for (let i = 0; i < SLOTS; i++) void calls.settle(held);
  asked = () => startOver(limiter);
  void calls.settle(held);
  asked = () => {};
  for (let i = 1; i < SLOTS; i++) void calls.settle(held);
  const order: string[] = [];
  const startBatch = () => {
    order.length = 0;
    for (let i = 0; i < 100; i++) void calls.settle(() => order.push('high'), { priority: 'high' });
    void calls.settle(() => order.push('lowest'));
  };
  startBatch();
  const [holder, ...others] = ends.slice(SLOTS);
  others[0]?.();
  await clock.flush();
  // The class holds its share.
  expect(order.indexOf('lowest')).toBe(100);
  void calls.settle(held);
  startBatch();
  holder?.();
  await clock.flush();
  expect(order.indexOf('lowest')).toBeLessThan(100);
});
