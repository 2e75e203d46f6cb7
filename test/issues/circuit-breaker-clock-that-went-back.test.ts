import type { Clock } from 'holdfast';
import { circuitBreaker, pipeline } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

/**
 * A clock of the user's own that is built on `Date.now`, or fake timers installed while a breaker was open: it stayed
 * open, or waited for a hung probe, until the clock had caught up. An hour back was an hour of refusals.
 */
function jumpy() {
  const virtual = new VirtualClock({ start: 10_000_000 });
  let jumpedMs = 0;
  const clock: Clock = {
    now: () => virtual.now() + jumpedMs,
    wallNow: () => virtual.wallNow(),
    setTimer: (callback, delayMs) => virtual.setTimer(callback, delayMs),
    clearTimer: (handle) => virtual.clearTimer(handle),
  };
  const breaker = circuitBreaker({
    consecutiveFailures: 1,
    openFor: '5s',
    probes: 1,
    probeTimeout: '5s',
    random: () => 0.5,
  });
  const calls = pipeline({ name: 'calls', clock }, breaker);
  const jumpBack = () => {
    jumpedMs -= 3_600_000;
  };
  return { virtual, breaker, calls, jumpBack, fail: () => calls.settle(() => Promise.reject(1)) };
}

it('G13: a clock that goes back keeps a breaker open for no longer than it was to be', async () => {
  const { virtual, breaker, calls, jumpBack, fail } = jumpy();
  await fail();
  await virtual.advance('1s');
  jumpBack();
  expect(await calls.settle(() => 1)).toMatchObject({ reason: { retryAfter: 5_000 } });
  await virtual.advance(4_999);
  expect(breaker.state).toBe('open');
  await virtual.advance(1);
  expect(breaker.state).toBe('half_open');
});

it('G13: nor half-open with a probe that hangs', async () => {
  const { virtual, breaker, calls, jumpBack, fail } = jumpy();
  await fail();
  await virtual.advance('5s');
  void calls.settle(() => new Promise(() => {}));
  await virtual.advance('1s');
  jumpBack();
  expect(breaker.state).toBe('half_open');
  await virtual.advance('5s');
  expect(breaker.state).toBe('open');
});
