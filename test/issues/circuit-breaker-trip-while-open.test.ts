import { expect, it } from 'vitest';
import { harness } from '../policies/circuit-breaker/support.js';

/** `trip()` on an open breaker reported a transition from open to open, and doubled the open time each time. */
it('B9: tripping an open breaker changes nothing', async () => {
  const { breaker, clock, transitions } = harness();
  breaker.trip();
  await clock.advance('4s');
  const before = breaker.snapshot();
  breaker.trip();
  expect(breaker.snapshot()).toEqual(before);
  expect(transitions()).toEqual(['closed > open: tripped']);
});

it('B9: tripping a breaker whose open time is over opens it again, for twice as long', async () => {
  const { breaker, clock, transitions } = harness();
  breaker.trip();
  await clock.advance('5s');
  breaker.trip();
  expect(transitions()).toEqual([
    'closed > open: tripped',
    'open > half_open: open_elapsed',
    'half_open > open: tripped',
  ]);
  await clock.advance(9_999);
  expect(breaker.state).toBe('open');
  await clock.advance(1);
  expect(breaker.state).toBe('half_open');
});
