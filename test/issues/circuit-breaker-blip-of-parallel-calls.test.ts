import { circuitBreaker, pipeline, retry } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

/**
 * Calls that were in flight together failed together, enough of them were a run of failures, and the retry that would have healed
 * each of them found the breaker open. Twenty of them were a failure rate of 1.
 */
describe('B2: calls that fail together, once', () => {
  it.each([10, 16, 50])('%i of them are healed by one retry each', async (parallel) => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker();
    const retries = retry({ maxRetries: 1, budget: false });
    const calls = pipeline({ name: 'calls', clock }, retries, breaker);
    const results = Promise.all(
      Array.from({ length: parallel }, () =>
        calls.settle(async ({ attempt }) => {
          if (attempt === 1) throw new Error('ECONNRESET');
          return attempt;
        }),
      ),
    );
    await clock.advance('1s');
    expect((await results).filter(({ status }) => status === 'fulfilled')).toHaveLength(parallel);
    expect(breaker.state).toBe('closed');
  });
});
