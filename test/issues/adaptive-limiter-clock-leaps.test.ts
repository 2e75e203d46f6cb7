import { adaptiveLimiter, type Clock, pipeline, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { Brake } from '../../src/policies/adaptive-limiter/brake/brake.js';
import { KeptSlots } from '../../src/policies/adaptive-limiter/brake/kept-slots.js';
import { UsualLatency } from '../../src/policies/adaptive-limiter/brake/usual-latency.js';
import { Patience } from '../../src/policies/adaptive-limiter/patience.js';
import { byHand } from '../policies/support/rig.js';

/**
 * A clock that goes back, or that says no time for once, left slots kept for ever, a limit that neither came back nor was let go, no idea of
 * what calls usually take, and a wait without end.
 */
function leaping() {
  const virtual = new VirtualClock({ start: 10_000_000 });
  let offBy = 0;
  const clock: Clock = {
    now: () => virtual.now() + offBy,
    wallNow: () => virtual.wallNow(),
    setTimer: (callback, delayMs) => virtual.setTimer(callback, delayMs),
    clearTimer: (handle) => virtual.clearTimer(handle),
  };
  const leap = (byMs: number) => {
    offBy += byMs;
  };
  const heal = () => {
    offBy = 0;
  };
  return { virtual, clock, leap, heal };
}

async function braked() {
  const made = leaping();
  const policy = adaptiveLimiter({ releaseOnAbandon: true });
  const calls = pipeline({ name: 'calls', clock: made.clock }, timeout('1s'), policy);
  for (let i = 0; i < 8; i++) {
    void calls.settle(() => new Promise(() => {}));
    await made.virtual.advance('1s');
  }
  expect(policy.snapshot()).toMatchObject({ limit: 1, inFlight: 0, kept: 1 });
  return { ...made, policy, calls };
}

it('G13: kept slots come back although the clock went back', async () => {
  const { leap, policy } = await braked();
  leap(-3_600_000);
  expect(policy.snapshot().kept).toBe(0);
});

it('G13: the limit comes back and is let go although the clock went back', async () => {
  const { virtual, leap, policy, calls } = await braked();
  const { limit } = policy.snapshot();
  leap(-3_600_000);
  const operation = byHand(virtual);
  const made = Array.from({ length: limit }, () => calls.settle(operation));
  for (const { resolve } of operation.started) resolve('good');
  await Promise.all(made);
  expect(policy.snapshot().limit).toBeGreaterThan(limit);
  await virtual.advance('31s');
  expect(policy.snapshot().limit).toBe(10_000);
});

it('G13: a reading that is no time makes no call late, and spoils nothing that is learnt', async () => {
  const { virtual, clock, leap, heal } = leaping();
  const policy = adaptiveLimiter({ maxLimit: 100 });
  const calls = pipeline({ name: 'calls', clock }, policy);
  const operation = byHand(virtual);
  /** So many calls that take 10 ms each; the clock is well but for what `then` does before they end. */
  const make = async (count: number, then = () => {}): Promise<void> => {
    const made = Array.from({ length: count }, () => calls.settle(operation));
    await virtual.advance(10);
    then();
    for (const { resolve } of operation.started.splice(0)) resolve('good');
    await Promise.all(made);
    heal();
  };
  await make(40);
  await make(10, () => leap(Number.NaN));
  expect(policy.snapshot().limit).toBe(100);
  // What takes long is still found out.
  for (let i = 0; i < 40; i++) void calls.settle(operation);
  await virtual.advance(500);
  void calls.settle(operation);
  expect(policy.snapshot().limit).toBeLessThan(40);
});

it('G13: it spoils nothing that is known of latency, and lets no limit go', () => {
  const usual = new UsualLatency();
  for (let i = 0; i < 20; i++) usual.add(10);
  for (const none of [Number.NaN, Infinity, -5]) usual.add(none);
  expect(usual.unusualMs).toBeCloseTo(50);
  const brake = new Brake(1, 100);
  for (let i = 0; i < 10; i++) brake.useless(brake.cuts, 0, 10);
  const { current } = brake;
  expect(current).toBeLessThan(10);
  brake.advance(Number.NaN);
  expect(brake.current).toBe(current);
});

it('G13: a slot that would be free at no time is not kept', () => {
  const kept = new KeptSlots();
  kept.add(Number.NaN);
  kept.add(10);
  kept.release(10);
  expect(kept.count).toBe(0);
});

it('G13: no time left that is known is no reason to wait for ever', () => {
  expect(
    new Patience(100).of({ nowMs: 0, which: 2, best: undefined, isNext: true }, Number.NaN),
  ).toBe(100);
});
