import { adaptiveLimiter, timeout } from 'holdfast';
import { expect, it } from 'vitest';
import { byHand, rejectionOf, rig } from '../policies/support/rig.js';

/**
 * While calls wait for slots that are kept, a timer serves them. It stayed armed, for up to 2 s, when the last of them had left the queue: an idle
 * process was kept alive by it.
 */
async function waitingForKeptSlots() {
  const policy = adaptiveLimiter({ maxLimit: 4, maxWait: 20 });
  const made = rig(timeout('1s'), policy);
  const operation = byHand(made.clock);
  const calls = Array.from({ length: 4 }, () => made.pipeline.settle(operation));
  await made.clock.advance('1s');
  await Promise.all(calls);
  for (const { reject } of operation.started) reject('aborted');
  await made.clock.flush();
  expect(policy.snapshot()).toMatchObject({ inFlight: 0, queued: 0 });
  expect(policy.snapshot().kept).toBeGreaterThan(0);
  expect(made.clock.pending).toBe(0);
  return { ...made, policy, operation };
}

it('G8: no timer is left when the last one who waited for a kept slot has waited for too long', async () => {
  const { clock, pipeline, policy, operation } = await waitingForKeptSlots();
  const waiting = pipeline.settle(operation);
  expect(policy.snapshot().queued).toBe(1);
  await clock.advance(20);
  expect(await waiting).toMatchObject({ reason: { code: 'ERR_LIMIT_EXCEEDED' } });
  expect(clock.pending).toBe(0);
});

it('G8: nor when it was aborted', async () => {
  const { clock, pipeline, operation } = await waitingForKeptSlots();
  const caller = new AbortController();
  const waiting = rejectionOf(pipeline.execute(operation, { signal: caller.signal }));
  caller.abort('gone');
  expect(await waiting).toBe('gone');
  expect(clock.pending).toBe(0);
});

it('G8: while others wait, it stays', async () => {
  const { clock, pipeline, operation } = await waitingForKeptSlots();
  const caller = new AbortController();
  void pipeline.settle(operation);
  const second = rejectionOf(pipeline.execute(operation, { signal: caller.signal }));
  const pending = clock.pending;
  caller.abort();
  await second;
  // The timeouts of the two are one timer less.
  expect(clock.pending).toBeGreaterThan(1);
  expect(pending).toBeGreaterThan(1);
});
