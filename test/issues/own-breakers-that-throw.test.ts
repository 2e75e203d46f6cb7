import { bulkhead, circuitBreaker, type Policy, pipeline, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

/** A breaker that a user has written, with a bug. */
const broken = {
  state: undefined,
  success: () => {
    throw new Error('in success');
  },
  failure: () => {
    throw new Error('in failure');
  },
};

/** What it threw left calls in flight for ever. Inside a timeout, they did not even end. */
describe('a breaker of its user that throws', () => {
  it.each<[string, () => Policy<unknown>[]]>([
    ['alone', () => []],
    ['in a timeout', () => [timeout('1s')]],
    ['in a bulkhead', () => [bulkhead({ maxConcurrent: 1 })]],
  ])('G3, G4: ends the call with that error, and gives everything back: %s', async (_, outer) => {
    const clock = new VirtualClock();
    const calls = pipeline(
      { name: 'calls', clock },
      ...outer(),
      circuitBreaker({ breaker: () => broken }),
    );
    const ends: unknown[] = [];
    const end = (result: PromiseSettledResult<unknown>) =>
      ends.push(result.status === 'rejected' ? result.reason.message : result.status);
    for (let i = 0; i < 2; i++) {
      calls.settle(() => Promise.resolve(i)).then(end, (error) => ends.push(['thrown', error]));
      await clock.flush();
      calls.settle(() => Promise.reject(new Error('no'))).then(end);
      await clock.flush();
    }
    expect(ends).toEqual(['in success', 'in failure', 'in success', 'in failure']);
    expect(calls.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
