import { circuitBreaker, retry } from 'holdfast';
import { expect, it } from 'vitest';
import { rejectionOf, rig } from '../policies/support/rig.js';

/**
 * A ConfigError or ContractError raised inside counted as a success: with a mistake in the retry inside, a down upstream
 * closed the breaker, and each such call ended a run of failures.
 */
const mistaken = () => retry({ backoff: () => Number.NaN });
const down = () => Promise.reject(new Error('down'));

it('B6: a fault in the set-up is no successful probe', async () => {
  const breaker = circuitBreaker({ probes: 1 });
  const { clock, pipeline } = rig(breaker, mistaken());
  breaker.trip();
  await clock.advance('10s');
  expect(await rejectionOf(pipeline.execute(down))).toMatchObject({ code: 'ERR_CONFIG' });
  expect(breaker.state).toBe('half_open');
  expect(await pipeline.execute(() => 1)).toBe(1);
  expect(breaker.state).toBe('closed');
});

it('B8: and counts for nothing while it is closed', async () => {
  const breaker = circuitBreaker();
  const { pipeline } = rig(breaker, mistaken());
  await pipeline.settle(down);
  expect(breaker.snapshot().window.calls).toBe(0);
});

it('B8: what a handle says no to is a success all the same', async () => {
  const breaker = circuitBreaker({ handle: () => false });
  const { pipeline } = rig(breaker, mistaken());
  await pipeline.settle(down);
  expect(breaker.snapshot().window).toEqual({ calls: 1, failures: 0, slow: 0 });
});
