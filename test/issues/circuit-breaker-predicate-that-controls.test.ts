import { expect, it } from 'vitest';
import { harness } from '../policies/circuit-breaker/support.js';

/** A predicate that moved the breaker by hand had its own outcome counted in the new state. */
it('B4: an outcome whose predicate reset the breaker is of an earlier generation', async () => {
  const { breaker, fail } = harness({
    handle: () => {
      breaker.reset();
      return true;
    },
  });
  await fail(10);
  expect(breaker.state).toBe('closed');
  expect(breaker.snapshot()).toMatchObject({ consecutiveFailures: 0, window: { calls: 0 } });
});

it('B4: an outcome whose predicate tripped the breaker does not open it once more', async () => {
  const { breaker, fail, transitions } = harness({
    minimumCalls: 1,
    handle: () => {
      breaker.trip();
      return true;
    },
  });
  await fail();
  expect(transitions()).toEqual(['closed > open: tripped']);
  expect(breaker.snapshot().openings).toBe(1);
});
