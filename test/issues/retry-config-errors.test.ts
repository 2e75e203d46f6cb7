import { ConfigError, circuitBreaker, pipeline, retry } from 'holdfast';
import { expect, it, vi } from 'vitest';
import { rejectionOf } from '../policies/support/rig.js';

/** A wrong option found during a call counted as a failure of the upstream: it was retried, and opened breakers. */

const misconfigured = retry({ backoff: () => Number.NaN });

it('R2: a ConfigError raised inside by another policy is not retried', async () => {
  const operation = vi.fn(() => Promise.reject(new Error('boom')));
  const call = pipeline('p', retry({ backoff: () => 0 }), misconfigured).execute(operation);
  expect(await rejectionOf(call)).toBeInstanceOf(ConfigError);
  expect(operation).toHaveBeenCalledTimes(1);
});

it('B8: nor does it open a circuit breaker', async () => {
  const breaker = circuitBreaker({ consecutiveFailures: 1 });
  const calls = pipeline('p', breaker, misconfigured);
  expect(await rejectionOf(calls.execute(() => Promise.reject(1)))).toBeInstanceOf(ConfigError);
  expect(breaker.state).toBe('closed');
});
