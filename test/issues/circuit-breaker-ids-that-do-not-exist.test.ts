import { pipeline, standard } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

/**
 * Each attempt of a call was one failure in the run of failures in a row. So two requests for things that do not exist, with
 * their retries, shut everybody out.
 */
it('B2: two calls that fail with all their retries shut nobody out', async () => {
  const clock = new VirtualClock();
  const users = pipeline(
    { name: 'users', clock },
    ...standard({
      retry: { budget: false },
      circuitBreaker: { consecutiveFailures: 5, failingFor: 0 },
    }),
  );
  const find = (id: string) =>
    users.settle(() => {
      if (id === 'missing') throw Object.assign(new Error('404'), { status: 404 });
      return id;
    });
  for (let i = 0; i < 2; i++) await clock.runUntil(find('missing'));
  const served = await Promise.all(Array.from({ length: 20 }, (_, i) => find(`user ${i}`)));
  expect(served.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
});
