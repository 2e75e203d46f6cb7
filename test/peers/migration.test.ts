import * as peer3 from 'cockatiel';
import * as peer4 from 'cockatiel4';
import { bulkhead, circuitBreaker, type Outcome, pipeline, retry } from 'holdfast';
import Opossum from 'opossum';
import { describe, expect, it } from 'vitest';
import { deferred } from '../pipeline/support/deferred.js';

/** What the tables of docs/cockatiel.md say will bite who moves over: on the released code of the others, and on ours. */

const fails = (): Promise<never> => Promise.reject(new Error('down'));
const swallow = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => {});

/** Ten calls, every other one of which fails: the tenth, a failure, makes it a half. */
async function half(call: (operation: () => Promise<unknown>) => Promise<unknown>) {
  for (let i = 0; i < 10; i++) await swallow(call(i % 2 === 0 ? async () => i : fails));
}

const breakerAtHalf = () =>
  circuitBreaker({ failureRate: 0.5, minimumCalls: 10, failingFor: 0, openFor: '1m' });

it('holdfast opens at the share', async () => {
  const breaker = breakerAtHalf();
  const calls = pipeline('calls', breaker);
  await half((operation) => calls.execute(operation));
  expect(breaker.state).toBe('open');
});

describe.each([
  ['3', peer3],
  ['4', peer4 as unknown as typeof peer3],
])('cockatiel %s', (_version, peer) => {
  it('opens above the share only', async () => {
    const policy = peer.circuitBreaker(peer.handleAll, {
      halfOpenAfter: 60_000,
      breaker: new peer.CountBreaker({ threshold: 0.5, size: 10 }),
    });
    await half((operation) => policy.execute(operation));
    expect(policy.state).toBe(peer.CircuitState.Closed);
    await swallow(policy.execute(fails));
    expect(policy.state).toBe(peer.CircuitState.Open);
  });

  it('retries for ever, and at once, without options; attempts count from 0, retries from 1', async () => {
    const policy = peer.retry(peer.handleAll, {});
    const attempts: number[] = [];
    const retries: number[] = [];
    policy.onRetry(({ attempt, delay }) => {
      expect(delay).toBe(0);
      retries.push(attempt);
    });
    await policy.execute(({ attempt }) => {
      attempts.push(attempt);
      if (attempt < 12) throw new Error('down');
    });
    expect(attempts.slice(0, 3)).toEqual([0, 1, 2]);
    expect(attempts).toHaveLength(13);
    expect(retries.slice(0, 2)).toEqual([1, 2]);
  });

  it('counts errors that its filter does not name neither way while closed', async () => {
    const breaker = new peer.CountBreaker({ threshold: 0.5, size: 10, minimumNumberOfCalls: 2 });
    const policy = peer.circuitBreaker(peer.handleType(TypeError), {
      halfOpenAfter: 60_000,
      breaker,
    });
    await swallow(policy.execute(fails));
    expect(breaker.state).toMatchObject({ successes: 0, failures: 0 });
  });
});

it('holdfast: three retries by default, attempts from 1, the event names the attempt to come', async () => {
  const calls = pipeline('calls', retry({ initialDelay: 0 }));
  const attempts: number[] = [];
  const events: number[] = [];
  calls.on('retry', ({ attempt }) => void events.push(attempt));
  await calls.settle(({ attempt }) => {
    attempts.push(attempt);
    return fails();
  });
  expect(attempts).toEqual([1, 2, 3, 4]);
  expect(events).toEqual([2, 3, 4]);
});

it('holdfast: what handle says no to is a success', async () => {
  const handle = (outcome: Outcome) =>
    outcome.kind !== 'success' && outcome.error instanceof TypeError;
  const breaker = circuitBreaker({ handle });
  await pipeline('calls', breaker).settle(fails);
  expect(breaker.snapshot().window).toMatchObject({ calls: 1, failures: 0 });
});

describe('opossum', () => {
  it('opens above the share only', async () => {
    let failing: () => Promise<unknown> = fails;
    const breaker = new Opossum(() => failing(), { errorThresholdPercentage: 50 });
    await half((operation) => {
      failing = operation;
      return breaker.fire();
    });
    expect(breaker.opened).toBe(false);
    failing = fails;
    await swallow(breaker.fire());
    expect(breaker.opened).toBe(true);
    breaker.shutdown();
  });

  it('opens at a single failure by default', async () => {
    const breaker = new Opossum(fails);
    await swallow(breaker.fire());
    expect(breaker.opened).toBe(true);
    breaker.shutdown();
  });

  it('counts a locked semaphore as a failure', async () => {
    const { promise, resolve } = deferred<unknown>();
    const breaker = new Opossum(() => promise, { capacity: 1, timeout: false });
    const first = breaker.fire();
    await expect(breaker.fire()).rejects.toMatchObject({ code: 'ESEMLOCKED' });
    await expect(breaker.fire()).rejects.toMatchObject({ code: expect.any(String) });
    expect(breaker.stats.failures).toBeGreaterThan(0);
    expect(breaker.opened).toBe(true);
    resolve(1);
    await first;
    breaker.shutdown();
  });

  it('asks errorFilter of timeouts and locked semaphores, and of no result', async () => {
    const asked: unknown[] = [];
    const errorFilter = ({ code }: { code?: unknown }) => {
      asked.push(code);
      return true;
    };
    const hanging = new Opossum(() => new Promise(() => {}), {
      timeout: 5,
      capacity: 1,
      errorFilter,
    });
    await Promise.all([swallow(hanging.fire()), swallow(hanging.fire())]);
    const fine = new Opossum(async () => 1, { errorFilter });
    await fine.fire();
    expect(asked).toEqual(['ESEMLOCKED', 'ETIMEDOUT']);
    hanging.shutdown();
    fine.shutdown();
  });
});

it('holdfast: a refusal by a bulkhead inside is not counted', async () => {
  const breaker = circuitBreaker();
  const calls = pipeline('calls', breaker, bulkhead({ maxConcurrent: 1 }));
  const { promise, resolve } = deferred<unknown>();
  const first = calls.execute(() => promise);
  expect(await calls.settle(() => 1)).toMatchObject({ reason: { code: 'ERR_BULKHEAD_FULL' } });
  expect(breaker.snapshot().window).toMatchObject({ calls: 0 });
  resolve(1);
  await first;
});

it('holdfast: an errorFilter turned round makes failures of successes', async () => {
  const errorFilter = (error: unknown) => error instanceof TypeError;
  // Of a success there is no error, as the types say.
  const handle = (outcome: Outcome) => !errorFilter((outcome as { error?: unknown }).error);
  const breaker = circuitBreaker({ handle });
  await pipeline('calls', breaker).execute(() => 1);
  expect(breaker.snapshot().window).toMatchObject({ calls: 1, failures: 1 });
});
