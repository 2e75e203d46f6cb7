import { ConsecutiveBreaker } from 'cockatiel';
import { expect, it } from 'vitest';
import { harness } from '../policies/circuit-breaker/support.js';

/** A reset or a release did not reach a cockatiel breaker: its count went on, and the next failure opened the circuit again. */
it.each(['reset', 'release'] as const)('B9: %s starts a cockatiel breaker afresh', async (way) => {
  const { breaker, fail } = harness({ breaker: new ConsecutiveBreaker(5) });
  await fail(5);
  expect(breaker.state).toBe('open');
  if (way === 'reset') breaker.reset();
  else breaker.isolate().release();
  await fail(4);
  expect(breaker.state).toBe('closed');
  await fail();
  expect(breaker.state).toBe('open');
});
