import { readFileSync } from 'node:fs';
import { ConsecutiveBreaker, ExponentialBackoff } from 'cockatiel';
import { describe, expect, it } from 'vitest';
import type { CircuitBreakerOptions } from '../../../src/index.js';
import { ConfigError, circuitBreaker } from '../../../src/index.js';
import {
  circuitBreakerDefaults,
  circuitBreakerSchema,
  resolveCircuitBreaker,
} from '../../../src/policies/circuit-breaker/options.js';
import { formatDuration } from '../../../src/time/duration.js';
import { harness } from './support.js';

function fault(options: unknown): ConfigError {
  try {
    circuitBreaker(options as CircuitBreakerOptions);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('circuitBreaker: options', () => {
  it('has the defaults that were promised', () => {
    expect(circuitBreakerDefaults).toEqual({
      failureRate: 0.99,
      window: 10_000,
      minimumCalls: 20,
      consecutiveFailures: 10,
      failingFor: 1_000,
      openFor: 500,
      openForFactor: 2,
      openForSpread: 0.2,
      announceHalfOpen: false,
      probes: 3,
      probeSuccessRate: 1,
      probeTimeout: 30_000,
      rampFor: 1_000,
      dryRun: false,
    });
  });

  it('fills in what depends on other options', () => {
    expect(resolveCircuitBreaker(undefined)).toMatchObject({
      failingFor: 1_000,
      maxOpenFor: 1_000,
      probeTimeout: 30_000,
    });
    expect(resolveCircuitBreaker({ openFor: '2m' })).toMatchObject({
      openFor: 120_000,
      maxOpenFor: 240_000,
      probeTimeout: 120_000,
    });
    const openFor = (): number => 5;
    expect(resolveCircuitBreaker({ openFor })).toMatchObject({
      openFor,
      maxOpenFor: undefined,
      probeTimeout: 30_000,
    });
    expect(resolveCircuitBreaker({ openFor, maxOpenFor: 1 }).maxOpenFor).toBe(1);
    expect(resolveCircuitBreaker({ openFor: Number.MAX_VALUE }).maxOpenFor).toBe(Number.MAX_VALUE);
    expect(resolveCircuitBreaker({ consecutiveFailures: 1 }).failingFor).toBe(0);
    expect(resolveCircuitBreaker({ consecutiveFailures: 2 }).failingFor).toBe(1_000);
    expect(resolveCircuitBreaker({ consecutiveFailures: 1, failingFor: '2s' })).toMatchObject({
      failingFor: 2_000,
    });
  });

  it('G7: takes durations in every form', () => {
    const options = resolveCircuitBreaker({
      window: '1.5s',
      openFor: 250,
      maxOpenFor: '1h',
      probeTimeout: '2m',
      slowCallRate: 1,
      slowCallDuration: '10ms',
    });
    expect(options).toMatchObject({
      window: 1_500,
      openFor: 250,
      maxOpenFor: 3_600_000,
      probeTimeout: 120_000,
      slowCallDuration: 10,
    });
  });

  it('G7: durations beyond the longest host timer work', async () => {
    const days = 2 ** 33;
    const { breaker, clock, fail } = harness({ openFor: days, maxOpenFor: days, window: days });
    await fail(5);
    await clock.advance(days - 1);
    expect(breaker.state).toBe('open');
    await clock.advance(1);
    expect(breaker.state).toBe('half_open');
  });

  const breaker = new ConsecutiveBreaker(3);
  it.each([
    [{ failureRate: 0 }, 'failureRate', /above 0 and up to 1, or false for none \(got 0\)/],
    [{ failureRate: 50 }, 'failureRate', /above 0 and up to 1/],
    [{ failureRate: Number.NaN }, 'failureRate', /above 0 and up to 1/],
    [{ failureRate: true }, 'failureRate', /or false/],
    [{ slowCallRate: 0.5 }, 'slowCallRate', /needs slowCallDuration/],
    [{ slowCallDuration: '1s' }, 'slowCallDuration', /no effect without slowCallRate/],
    [{ slowCallRate: 0.5, slowCallDuration: 0 }, 'slowCallDuration', /longer than 0/],
    [{ window: 0 }, 'window', /longer than 0|a duration above 0/],
    [{ window: 'ten' }, 'window', /must be a duration/],
    [{ window: { calls: 0 } }, 'window.calls', /from 1 to 1,000,000/],
    [{ window: { calls: 1.5 } }, 'window.calls', /from 1 to 1,000,000/],
    [{ window: { size: 10 } }, 'window.calls', /circuitBreaker\.window\.size: unknown option/],
    [{ window: true }, 'window', /a number of calls, such as \{ calls: 100 \}/],
    [{ window: { calls: 10 } }, 'window', /minimumCalls \(20\) must not be above/],
    [{ window: { calls: 10 }, minimumCalls: 11 }, 'minimumCalls', /minimumCalls \(11\) must not/],
    [{ minimumCalls: 0 }, 'minimumCalls', /whole number >= 1/],
    [{ consecutiveFailures: 0 }, 'consecutiveFailures', /whole number >= 1, or false/],
    [{ openFor: 0 }, 'openFor', /longer than 0/],
    [{ openFor: -1 }, 'openFor', /must be a duration/],
    [{ openFor: Infinity }, 'openFor', /must be a duration/],
    [{ openFor: '5 s' }, 'openFor', /write '5s'/],
    [{ openFor: '5' }, 'openFor', /a string needs a unit/],
    [
      { openFor: {} },
      'openFor',
      /must be a duration: .*; or a function that returns one, such as \(\) => 500; or a backoff/,
    ],
    [{ openFor: ExponentialBackoff }, 'openFor', /such as new ExponentialBackoff\(\)/],
    [{ openForFactor: 0.5 }, 'openForFactor', /finite number >= 1/],
    [{ openForFactor: Infinity }, 'openForFactor', /finite number >= 1/],
    [{ openForFactor: Number.NaN }, 'openForFactor', /finite number >= 1/],
    [{ openForSpread: 1 }, 'openForSpread', /from 0 to below 1/],
    [{ openForSpread: -0.1 }, 'openForSpread', /from 0 to below 1/],
    [{ openForSpread: false }, 'openForSpread', /from 0 to below 1/],
    [
      { openFor: (): number => 5, openForFactor: 1 },
      'openForFactor',
      /no effect beside openFor as a function/,
    ],
    [
      { openFor: (): number => 5, openForSpread: 0 },
      'openForSpread',
      /no effect beside openFor as a function/,
    ],
    [{ announceHalfOpen: 1 }, 'announceHalfOpen', /true or false/],
    [{ openFor: '10s', maxOpenFor: '5s' }, 'maxOpenFor', /not be below openFor \(10 s\)/],
    [{ maxOpenFor: '100ms' }, 'maxOpenFor', /not be below openFor \(500 ms\)/],
    [{ failingFor: -1 }, 'failingFor', /must be a duration/],
    [{ failingFor: 'long' }, 'failingFor', /must be a duration/],
    [{ rampFor: -1 }, 'rampFor', /must be a duration/],
    [{ rampFor: Infinity }, 'rampFor', /must be a duration/],
    [
      {
        failureRate: false,
        consecutiveFailures: false,
        failingFor: 5,
        slowCallRate: 1,
        slowCallDuration: 5,
      },
      'failingFor',
      /no effect without failureRate or consecutiveFailures/,
    ],
    [{ probes: 0 }, 'probes', /whole number >= 1/],
    [{ probeSuccessRate: 0 }, 'probeSuccessRate', /above 0 and up to 1/],
    [{ probeSuccessRate: 1.1 }, 'probeSuccessRate', /above 0 and up to 1/],
    [{ probeTimeout: 0 }, 'probeTimeout', /longer than 0/],
    [{ handle: 'all' }, 'handle', /function of the outcome, or a filter/],
    [{ delayFrom: 5 }, 'delayFrom', /must be a function/],
    [{ random: 0.5 }, 'random', /must be a function/],
    [{ dryRun: 'yes' }, 'dryRun', /true or false/],
    [{ name: '' }, 'name', /1 to 100 characters/],
    [{ breaker: {} }, 'breaker', /a breaker of cockatiel/],
    [{ breaker: null }, 'breaker', /a breaker of cockatiel/],
    [{ breaker: 5 }, 'breaker', /a breaker of cockatiel/],
    [{ breaker, failureRate: 0.5 }, 'failureRate', /no effect beside breaker/],
    [{ breaker, slowCallRate: 0.5 }, 'slowCallRate', /no effect beside breaker/],
    [{ breaker, slowCallDuration: 5 }, 'slowCallDuration', /no effect beside breaker/],
    [{ breaker, window: '1s' }, 'window', /no effect beside breaker/],
    [{ breaker, minimumCalls: 5 }, 'minimumCalls', /no effect beside breaker/],
    [{ breaker, consecutiveFailures: 5 }, 'consecutiveFailures', /no effect beside breaker/],
    [{ breaker, failingFor: 5 }, 'failingFor', /no effect beside breaker/],
    [{ failureRate: false, consecutiveFailures: false }, 'failureRate', /never opens/],
    [{ treshold: 0.5 }, 'treshold', /unknown option/],
    [{ halfOpenAfter: 5 }, 'halfOpenAfter', /unknown option/],
  ])('names the mistake in %j', (options, path, message) => {
    const error = fault(options);
    expect(error.path).toBe(`circuitBreaker.${path}`);
    expect(error.message).toMatch(message);
    expect(error.policy).toBe('circuitBreaker');
  });

  it('names all mistakes at once', () => {
    const error = fault({ failureRate: 2, probes: 0, oppenFor: '5s' });
    expect(error.issues.map(({ path }) => path).sort()).toEqual([
      'circuitBreaker.failureRate',
      'circuitBreaker.oppenFor',
      'circuitBreaker.probes',
    ]);
    expect(error.message).toContain('did you mean "openFor"?');
  });

  it('takes slow calls as the only rule', () => {
    expect(() =>
      circuitBreaker({
        failureRate: false,
        consecutiveFailures: false,
        slowCallRate: 0.5,
        slowCallDuration: '1s',
      }),
    ).not.toThrow();
  });

  it('G10: frozen options work, and are read once', () => {
    let reads = 0;
    const options = Object.freeze({
      get openFor() {
        reads++;
        return '5s' as const;
      },
    });
    circuitBreaker(options);
    expect(reads).toBe(1);
  });
});

describe('docs/policies/circuit-breaker.md', () => {
  const page = readFileSync(
    new URL('../../../docs/policies/circuit-breaker.md', import.meta.url),
    'utf8',
  );
  const rows = new Map(
    [
      ...(page.split(/^## /m).find((part) => part.startsWith('Options')) ?? '').matchAll(
        /^\| `(\w+)` \|[^|]*\| ([^|]*) \|/gm,
      ),
    ].map(([, option, byDefault]) => [option as string, byDefault as string]),
  );

  it('lists every option, and no other', () => {
    expect([...rows.keys()].sort()).toEqual(
      Object.keys(circuitBreakerSchema()._zod.def.shape).sort(),
    );
  });

  it.each(Object.entries(circuitBreakerDefaults))('gives the default of %s', (option, value) => {
    const isTime = option === 'window' || /For$|Timeout$/.test(option);
    const shown = isTime ? formatDuration(value as number) : String(value);
    expect(rows.get(option)).toMatch(new RegExp(`^\`?${shown}\`?(,|$)`));
  });
});
