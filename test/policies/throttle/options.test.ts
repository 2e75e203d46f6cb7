import { ConfigError, type ThrottleOptions, throttle } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { resolveThrottle } from '../../../src/policies/throttle/options.js';

function fault(options: unknown): ConfigError {
  try {
    throttle(options as ThrottleOptions);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('throttle: options', () => {
  it('L3: K is 2 and the window two minutes by default', () => {
    expect(resolveThrottle(undefined)).toEqual({
      requestsPerAccept: 2,
      window: 120_000,
      minimumCalls: 20,
      maxProbability: 0.9,
      dryRun: false,
    });
  });

  it('G7: takes the window in every form of a duration', () => {
    for (const window of [30_000, '30s', '0.5m'] as const) {
      expect(resolveThrottle({ window }).window).toBe(30_000);
    }
  });

  it.each([
    [{ requestsPerAccept: 1 }, 'requestsPerAccept', /above 1, such as 2: .* not recover.*got 1\)/],
    [{ requestsPerAccept: 0 }, 'requestsPerAccept', /above 1/],
    [{ requestsPerAccept: Number.NaN }, 'requestsPerAccept', /above 1/],
    [{ requestsPerAccept: Infinity }, 'requestsPerAccept', /above 1/],
    [{ requestsPerAccept: '2' }, 'requestsPerAccept', /above 1/],
    [{ window: 0 }, 'window', /longer than 0/],
    [{ window: -1 }, 'window', /must be a duration/],
    [{ window: Infinity }, 'window', /must be a duration/],
    [{ window: '2 min' }, 'window', /must be a duration/],
    [{ window: { calls: 100 } }, 'window', /must be a duration/],
    [{ minimumCalls: 0 }, 'minimumCalls', /whole number >= 1/],
    [{ minimumCalls: 2.5 }, 'minimumCalls', /whole number >= 1/],
    [{ maxProbability: 1 }, 'maxProbability', /above 0 and below 1, such as 0.9: .*\(got 1\)/],
    [{ maxProbability: 0 }, 'maxProbability', /above 0 and below 1/],
    [{ maxProbability: 90 }, 'maxProbability', /above 0 and below 1/],
    [{ handle: 503 }, 'handle', /function of the outcome, or a filter/],
    [{ random: 0.5 }, 'random', /must be a function/],
    [{ dryRun: 'yes' }, 'dryRun', /true or false/],
    [{ name: '' }, 'name', /1 to 100 characters/],
    [{ windw: '2m' }, 'windw', /did you mean "window"/],
    [{ k: 2 }, 'k', /did you mean "requestsPerAccept"/],
    [{ multiplier: 2 }, 'multiplier', /did you mean "requestsPerAccept"/],
    [{ maxRejectionRate: 0.8 }, 'maxRejectionRate', /did you mean "maxProbability"/],
    [{ maxRejectionProbability: 0.8 }, 'maxRejectionProbability', /"maxProbability"/],
    [{ samplingWindow: '30s' }, 'samplingWindow', /did you mean "window"/],
  ])('names the mistake in %j', (options, path, message) => {
    const error = fault(options);
    expect(error.path).toBe(`throttle.${path}`);
    expect(error.message).toMatch(message);
    expect(error.policy).toBe('throttle');
  });

  it('names all mistakes at once', () => {
    expect(fault({ requestsPerAccept: 0, window: 0 }).issues.map(({ path }) => path)).toEqual([
      'throttle.requestsPerAccept',
      'throttle.window',
    ]);
  });

  it('G10: frozen options work, and are read once', () => {
    let reads = 0;
    const options = Object.freeze({
      get window() {
        reads++;
        return '1m' as const;
      },
    });
    throttle(options);
    expect(reads).toBe(1);
  });
});
