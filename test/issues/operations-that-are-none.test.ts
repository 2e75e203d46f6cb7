import { circuitBreaker, fallback, type Operation, pipeline, retry } from 'holdfast';
import { expect, it } from 'vitest';

/**
 * A promise in place of the function that makes it (`execute(fetch(url))`) was retried, counted as a failure of the upstream, and
 * hidden by a fallback.
 */
it('what is no function is told so, and no policy hears of it', async () => {
  const breaker = circuitBreaker({ consecutiveFailures: 1 });
  const calls = pipeline('calls', fallback('stand-in'), retry(), breaker);
  const promise = Promise.resolve(1) as unknown as Operation;
  const message =
    'pipeline.execute: the operation must be a function, such as ({ signal }) => fetch(url, { signal }) (got an instance of Promise)';
  await expect(calls.execute(promise)).rejects.toThrow(new TypeError(message));
  expect(await calls.settle(undefined as unknown as Operation)).toEqual({
    status: 'rejected',
    reason: new TypeError(
      'pipeline.settle: the operation must be a function, such as ({ signal }) => fetch(url, { signal }) (got undefined)',
    ),
  });
  expect(breaker.state).toBe('closed');
  expect(calls.inFlight).toBe(0);
});

it('wrap says so at once', () => {
  expect(() => pipeline('calls').wrap(3 as unknown as Operation)).toThrow(
    'pipeline.wrap: the operation must be a function, such as ({ signal }) => fetch(url, { signal }) (got 3)',
  );
});
