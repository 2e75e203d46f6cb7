import * as cockatiel3 from 'cockatiel';
import * as cockatiel4 from 'cockatiel4';
import type { Handle, Outcome } from 'holdfast';
import {
  BulkheadFullError,
  ConfigError,
  ContractError,
  circuitBreaker,
  fallback,
  retry,
  TimeoutError,
  timeout,
} from 'holdfast';
import { describe, expect, it, vi } from 'vitest';
import { failure, success } from '../../src/pipeline/outcome/outcome.js';
import { handlesOf, isUpstreamFailure } from '../../src/policies/filter.js';
import { rejectionOf, rig } from './support/rig.js';

class NetworkError extends Error {
  readonly transient: boolean;
  constructor(transient = true) {
    super('network');
    this.transient = transient;
  }
}

const never = (): boolean => false;
const transient = (error: unknown) => error instanceof NetworkError && error.transient;

describe('isUpstreamFailure', () => {
  it.each<[string, Outcome, boolean]>([
    ['success', success(503), false],
    ['an error', failure(new Error('boom')), true],
    ['a thrown value', failure(undefined), true],
    ['a timeout', failure(new TimeoutError('late'), 'timeout'), true],
    ['a rejection', failure(new BulkheadFullError('full'), 'rejected'), false],
    ['a cancellation', failure(new Error('left'), 'cancelled'), false],
    ['a ConfigError', failure(new ConfigError('wrong')), false],
    ['a ContractError', failure(new ContractError('broken')), false],
  ])('%s', (_, outcome, expected) => {
    expect(isUpstreamFailure(outcome)).toBe(expected);
  });
});

describe('handlesOf', () => {
  it('without a filter the default of the policy judges', () => {
    expect(handlesOf(undefined, isUpstreamFailure)).toBe(isUpstreamFailure);
  });

  it('a function is asked about every outcome but a cancelled one', () => {
    const handle = vi.fn(() => true);
    const handles = handlesOf(handle, never);
    const asked = [
      success(1),
      failure(1),
      failure(new TimeoutError(''), 'timeout'),
      failure(new BulkheadFullError(''), 'rejected'),
    ];
    expect(asked.map(handles)).toEqual([true, true, true, true]);
    expect(handle.mock.calls).toEqual(asked.map((outcome) => [outcome]));
    expect(handles(failure('left', 'cancelled'))).toBe(false);
    expect(handle).toHaveBeenCalledTimes(4);
  });

  it('what a function answers counts as in a condition, except a promise', async () => {
    for (const [answer, expected] of [
      [undefined, false],
      [0, false],
      ['', false],
      [null, false],
      [1, true],
      [{}, true],
    ] as const) {
      const handle = (() => answer) as unknown as () => boolean;
      expect(handlesOf(handle, never)(failure(1))).toBe(expected);
    }
    const rejects = (async () => {
      throw new Error('in the filter');
    }) as unknown as () => boolean;
    expect(() => handlesOf(rejects, never)(failure(1))).toThrow(ContractError);
    // Its own rejection is nobody's: it must not become an unhandled one.
    await new Promise(setImmediate);
  });
});

describe.each([
  ['3.2.1', cockatiel3],
  ['4.0.0', cockatiel4],
])('filters of cockatiel %s', (_, module) => {
  const cockatiel = module as typeof cockatiel3;
  const { handleAll, handleType, handleWhen, handleWhenResult, handleResultType } = cockatiel;

  it.each<[string, Handle, boolean[]]>([
    ['handleAll', handleAll, [false, true, true, true, true]],
    ['handleType', handleType(NetworkError), [false, false, true, true, false]],
    [
      'handleType with a predicate',
      handleType(NetworkError, transient),
      [false, false, true, false, false],
    ],
    ['handleWhen', handleWhen(transient), [false, false, true, false, false]],
    ['handleWhenResult', handleWhenResult((v) => v === 503), [true, false, false, false, false]],
    ['handleResultType', handleResultType(Response), [false, false, false, false, false]],
    [
      'orType, orWhenResult',
      handleType(TypeError)
        .orType(BulkheadFullError)
        .orWhenResult((v) => v === 503),
      [true, false, false, false, true],
    ],
  ])('%s', (_name, filter, expected) => {
    const handles = handlesOf(filter, never);
    const outcomes = [
      success(503),
      failure(new Error('boom')),
      failure(new NetworkError()),
      failure(new NetworkError(false)),
      failure(new BulkheadFullError('full'), 'rejected'),
    ];
    expect(outcomes.map(handles)).toEqual(expected);
    expect(handles(failure(new NetworkError(), 'cancelled'))).toBe(false);
  });

  it('decide what is retried, replaced and counted', async () => {
    const operation = vi.fn(() => Promise.reject(new NetworkError()));
    const other = vi.fn(() => Promise.reject(new RangeError('other')));
    const handle = handleType(NetworkError);
    const breaker = circuitBreaker({ handle, minimumCalls: 4, failureRate: 0.75, failingFor: 0 });
    const { clock, pipeline } = rig(
      fallback('spare', { handle }),
      retry({ handle, maxRetries: 1 }),
      breaker,
    );
    expect(await rejectionOf(clock.runUntil(pipeline.execute(other)))).toBeInstanceOf(RangeError);
    expect(other).toHaveBeenCalledTimes(1);
    expect(await clock.runUntil(pipeline.execute(operation))).toBe('spare');
    expect(operation).toHaveBeenCalledTimes(2);
    expect(breaker.state).toBe('closed');
    await clock.runUntil(pipeline.settle(operation));
    expect(breaker.state).toBe('open');
  });

  it('R2: handleAll retries rejections and timeouts inside too, but never the caller’s abort', async () => {
    const { clock, pipeline } = rig(
      retry({ handle: handleAll, maxRetries: 1, backoff: () => 0 }),
      timeout(10),
    );
    const operation = vi.fn(() => new Promise(() => {}));
    const caller = new AbortController();
    const call = pipeline.settle(operation, { signal: caller.signal });
    await clock.advance(10);
    expect(operation).toHaveBeenCalledTimes(2);
    caller.abort();
    await call;
    expect(operation).toHaveBeenCalledTimes(2);
  });
});

describe('a `handle` that is none', () => {
  it.each([
    true,
    {},
    null,
    'all',
    Error,
    NetworkError,
    [TypeError],
    { options: {} },
    { options: { errorFilter: never } },
  ])('%o is a ConfigError that says what would be right', (handle) => {
    for (const make of [
      () => retry({ handle: handle as Handle }),
      () => fallback(1, { handle: handle as Handle }),
      () => circuitBreaker({ handle: handle as Handle }),
    ]) {
      expect(make).toThrow(ConfigError);
      expect(make).toThrow(/handle: must be a function of the outcome, or a filter of cockatiel/);
    }
  });
});
