import {
  adaptiveLimiter,
  bulkhead,
  CircuitOpenError,
  ConfigError,
  ConsecutiveBreaker,
  fallback,
  type Outcome,
  pipeline,
  retryBudget,
  standard,
  TimeoutError,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it, vi } from 'vitest';
import { standardDefaults } from '../../src/policies/standard.js';
import { rejectionOf, rig } from './support/rig.js';

const namesOf = (options?: Parameters<typeof standard>[0]) =>
  standard(options).map(({ type, name }) => name ?? type);

/** What a wrong call of `standard` says. */
function messageOf(options: unknown): string {
  try {
    standard(options as Parameters<typeof standard>[0]);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}

describe('standard', () => {
  it('is total timeout, retry, circuit breaker, adaptive limiter and attempt timeout, from the outside in', () => {
    const order = [
      'total_timeout',
      'retry',
      'circuit_breaker',
      'adaptive_limiter',
      'attempt_timeout',
    ];
    expect(namesOf()).toEqual(order);
    expect(namesOf({})).toEqual(order);
  });

  it('has 30 s for the call and 10 s for an attempt by default', () => {
    expect(standardDefaults).toEqual({ totalTimeout: 30_000, attemptTimeout: 10_000 });
    const times = standard().map((policy) => 'timeoutMs' in policy && policy.timeoutMs);
    expect(times).toEqual([30_000, false, false, false, 10_000]);
  });

  it.each([
    ['totalTimeout', 0],
    ['retry', 1],
    ['circuitBreaker', 2],
    ['adaptiveLimiter', 3],
    ['attemptTimeout', 4],
  ] as const)('%s: false leaves that policy out, and no other', (key, at) => {
    expect(namesOf({ [key]: false })).toEqual(namesOf().filter((_, i) => i !== at));
  });

  it('X1: options of a rate limiter put one outermost', () => {
    expect(namesOf({ rateLimiter: false })).toEqual(namesOf());
    expect(namesOf({ rateLimiter: { limit: 10 } })).toEqual(['rate_limiter', ...namesOf()]);
    expect(messageOf({ rateLimiter: {} })).toContain('standard.rateLimiter.limit: must be a whole');
  });

  it('X1: options of a bulkhead put one inside the adaptive limiter', () => {
    expect(namesOf({ bulkhead: false })).toEqual(namesOf());
    expect(namesOf({ bulkhead: {} }).slice(3)).toEqual([
      'adaptive_limiter',
      'bulkhead',
      'attempt_timeout',
    ]);
  });

  it('all of them false leaves nothing', () => {
    const none = { totalTimeout: false, retry: false, circuitBreaker: false } as const;
    expect(standard({ ...none, adaptiveLimiter: false, attemptTimeout: false })).toEqual([]);
  });

  it('an attempt may take no longer than the call, by default too', () => {
    const times = (options: Parameters<typeof standard>[0]) =>
      standard(options).flatMap((policy) => ('timeoutMs' in policy ? [policy.timeoutMs] : []));
    expect(times({ totalTimeout: '5s' })).toEqual([5_000, 5_000]);
    expect(times({ totalTimeout: '1m' })).toEqual([60_000, 60_000]);
    expect(times({})).toEqual([30_000, 10_000]);
    expect(times({ totalTimeout: false })).toEqual([10_000]);
    expect(times({ totalTimeout: '5s', attemptTimeout: '5s' })).toEqual([5_000, 5_000]);
    expect(times({ totalTimeout: '1m', attemptTimeout: '1m' })).toEqual([60_000, 60_000]);
    expect(times({ totalTimeout: false, attemptTimeout: '1h' })).toEqual([3_600_000]);
    expect(messageOf({ totalTimeout: '5s', attemptTimeout: '6s' })).toBe(
      'standard.attemptTimeout: must not be above totalTimeout (5 s) (got "6s")',
    );
    expect(messageOf({ attemptTimeout: '31s' })).toBe(
      'standard.attemptTimeout: must not be above totalTimeout (30 s): set that too, or false (got "31s")',
    );
  });

  it.each([
    [{ timeout: 3 }, 'standard.timeout: unknown option "timeout"'],
    [{ circuitbraker: {} }, 'did you mean "circuitBreaker"?'],
    [
      { retry: { maxRetrys: 3 } },
      'standard.retry.maxRetrys: unknown option "maxRetrys": did you mean "maxRetries"?',
    ],
    [
      { retry: { maxDelay: 50 } },
      'standard.retry.maxDelay: must not be below initialDelay (100 ms) (got 50)',
    ],
    [
      { retry: { initialDelay: '30s' } },
      'standard.retry.initialDelay: must not be above maxDelay (20 s): set that too (got 30000)',
    ],
    [
      { retry: { budget: { ratio: -1 } } },
      'standard.retry.budget.ratio: must be a number from 0 to 10',
    ],
    [
      { bulkhead: { maxWait: '1s' } },
      'standard.bulkhead.maxWait: has no effect without a queue: set maxQueued to at least 1, or leave it out (got 1000)',
    ],
    [
      { circuitBreaker: { failureRate: 50 } },
      'standard.circuitBreaker.failureRate: must be a number above 0 and up to 1, or false for none (got 50)',
    ],
    [
      { retry: true },
      'standard.retry: must be the options of the policy, or false to leave it out (got true)',
    ],
    [
      { bulkhead: new Map() },
      'standard.bulkhead: must be the options of the policy, or false to leave it out (got an instance of Map)',
    ],
    [{ bulkhead: bulkhead() }, 'standard.bulkhead: must be the options of the policy, or'],
    [{ totalTimeout: true }, 'standard.totalTimeout: must be'],
  ])('says what is wrong, and where: %o', (options, message) => {
    expect(messageOf(options)).toContain(message);
  });

  it('names every mistake at once', () => {
    const message = messageOf({ retry: { maxRetries: -1 }, bulkhead: { maxConcurrent: 0 }, x: 1 });
    expect(message).toContain('standard: 3 options are wrong');
    expect(message).toContain('standard.retry.maxRetries');
    expect(message).toContain('standard.bulkhead.maxConcurrent');
    expect(message).toContain('standard.x');
  });

  it('makes what the policies on their own would be', async () => {
    const budget = retryBudget();
    const [, again, breaker, limiter, slots] = standard({
      retry: { budget, name: 'again' },
      circuitBreaker: { openFor: '90s', consecutiveFailures: 1, random: () => 0.5 },
      adaptiveLimiter: { maxLimit: 9 },
      bulkhead: { maxConcurrent: 7 },
    });
    expect(limiter?.snapshot?.()).toEqual(adaptiveLimiter({ maxLimit: 9 }).snapshot());
    expect(again).toMatchObject({ name: 'again', budget });
    expect(slots?.snapshot?.()).toEqual(bulkhead({ maxConcurrent: 7 }).snapshot());
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'p', clock }, breaker!);
    await calls.settle(() => Promise.reject(new Error('boom')));
    expect(await rejectionOf(calls.execute(() => 1))).toMatchObject({ retryAfter: 90_000 });
  });

  it('R2, B8: isFailure says once what is retried and counted; timeouts are failures, refusals are none', async () => {
    class NotFound extends Error {}
    const asked = new Set<string>();
    const isFailure = (outcome: Outcome): boolean => {
      asked.add(outcome.kind);
      return outcome.kind !== 'success' && !(outcome.error instanceof NotFound);
    };
    const { clock, pipeline } = rig(
      ...standard({
        isFailure,
        totalTimeout: '2s',
        circuitBreaker: { breaker: () => new ConsecutiveBreaker(2) },
      }),
    );
    const missing = vi.fn(() => Promise.reject(new NotFound()));
    for (let i = 0; i < 20; i++) {
      expect(await rejectionOf(pipeline.execute(missing))).toBeInstanceOf(NotFound);
    }
    expect(missing).toHaveBeenCalledTimes(20);
    const hanging = pipeline.execute(() => new Promise(() => {}));
    void hanging.catch(() => {});
    await clock.advance('2s');
    expect(await rejectionOf(hanging)).toBeInstanceOf(TimeoutError);
    const broken = vi.fn(() => Promise.reject(new Error('boom')));
    const last = pipeline.execute(broken);
    void last.catch(() => {});
    await clock.runAll();
    expect(await rejectionOf(last)).toMatchObject({ message: 'boom' });
    expect(broken).toHaveBeenCalledTimes(1);
    expect(await rejectionOf(pipeline.execute(broken))).toBeInstanceOf(CircuitOpenError);
    expect([...asked]).toEqual(['failure']);
  });

  it('a handle of a single policy goes before isFailure', async () => {
    const { clock, pipeline } = rig(
      ...standard({
        isFailure: () => false,
        retry: { handle: (outcome) => outcome.kind === 'failure' },
      }),
    );
    const broken = vi.fn(() => Promise.reject(new Error('boom')));
    const call = pipeline.execute(broken);
    void call.catch(() => {});
    await clock.runAll();
    expect(broken.mock.calls.length).toBeGreaterThan(1);
    expect(messageOf({ isFailure: Error })).toContain('standard.isFailure: must be a function');
  });

  it('serves a call: retries what fails, opens on what goes on failing, gives up what takes too long', async () => {
    const { clock, pipeline } = rig(
      fallback((outcome) => outcome),
      ...standard({
        retry: { jitter: 'none' },
        circuitBreaker: { minimumCalls: 5, failingFor: 0, random: () => 0.5 },
      }),
    );
    const operation = vi.fn(() => Promise.reject(new Error('boom')));
    await clock.runUntil(pipeline.execute(operation));
    expect(operation).toHaveBeenCalledTimes(4);
    // Its retry is refused: it says what happened to it, and only the next call is a rejection.
    const second = await clock.runUntil(pipeline.execute(operation));
    expect(second).toMatchObject({ kind: 'failure', error: { message: 'boom' } });
    expect(operation).toHaveBeenCalledTimes(5);
    const third = await clock.runUntil(pipeline.execute(operation));
    expect(third).toMatchObject({ kind: 'rejected', error: expect.any(CircuitOpenError) });
    expect(operation).toHaveBeenCalledTimes(5);
    const slow = rig(...standard());
    const hung = slow.pipeline.execute(() => new Promise(() => {}));
    expect(await rejectionOf(slow.clock.runUntil(hung))).toBeInstanceOf(TimeoutError);
    expect(slow.clock.now()).toBeLessThanOrEqual(30_000);
    expect(slow.of('timeout').length).toBeGreaterThan(1);
  });
});
