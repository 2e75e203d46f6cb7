import {
  bulkhead,
  ConfigError,
  fallback,
  type Policy,
  pipeline,
  retry,
  standard,
  timeout,
} from 'holdfast';
import { describe, expect, it } from 'vitest';
import { type CallTimes, placesOf, settingsOf } from '../../src/fetch/policies/call-settings.js';

const layersOf = (policies: readonly Policy<unknown>[]) =>
  pipeline('calls', ...policies).plan.layers;
const attemptOf = (duration: number) => timeout({ duration, name: 'attempt_timeout' });

/** What is set, by the name of its layer. */
function set(policies: readonly Policy<unknown>[], times: CallTimes): Record<string, number> {
  const layers = layersOf(policies);
  const settings = settingsOf(layers, placesOf(layers), times) ?? [];
  return Object.fromEntries(
    layers.flatMap(({ name }, i) => (settings[i] === undefined ? [] : [[name, settings[i]]])),
  );
}

describe('the places of a call’s own times', () => {
  const lists: [string, Policy<unknown>[], ReturnType<typeof placesOf>][] = [
    ['the standard policies', standard(), { total: 0, attempt: 4, retry: 1 }],
    [
      'the standard policies without a retry',
      standard({ retry: false }),
      { total: 0, attempt: 3, retry: undefined },
    ],
    ['nothing', [], { total: undefined, attempt: undefined, retry: undefined }],
    [
      'one timeout outside the retry',
      [timeout(1), retry()],
      { total: 0, attempt: undefined, retry: 1 },
    ],
    [
      'one timeout inside the retry',
      [retry(), timeout(1)],
      { total: undefined, attempt: 1, retry: 0 },
    ],
    [
      'one timeout and no retry',
      [bulkhead(), timeout(1)],
      { total: 1, attempt: undefined, retry: undefined },
    ],
    [
      'one timeout of attempts and no retry',
      [attemptOf(1)],
      { total: undefined, attempt: 0, retry: undefined },
    ],
    [
      'several timeouts',
      [timeout(9), timeout(8), retry(), timeout(7), bulkhead(), timeout(6)],
      { total: 0, attempt: 5, retry: 2 },
    ],
    [
      'several timeouts, all outside the retry',
      [timeout(9), timeout(8), retry()],
      { total: 0, attempt: undefined, retry: 2 },
    ],
    [
      'several timeouts and no retry',
      [timeout(9), bulkhead(), timeout(8)],
      { total: 0, attempt: 2, retry: undefined },
    ],
    [
      'a fallback, which makes no attempts',
      [fallback(1), timeout(9), retry(), timeout(8)],
      { total: 1, attempt: 3, retry: 2 },
    ],
  ];
  for (const [name, policies, places] of lists) {
    it(`X1: ${name}`, () => expect(placesOf(layersOf(policies))).toEqual(places));
  }
});

describe('what a call sets', () => {
  it('X1: nothing, unless it says something of times or retries', () => {
    const layers = layersOf(standard());
    expect(settingsOf(layers, placesOf(layers), {})).toBeUndefined();
    expect(settingsOf(layers, placesOf(layers), { retry: false })).toBeUndefined();
  });

  it('X1: a total timeout is that of each attempt, too', () => {
    expect(set(standard(), { totalTimeout: 60_000 })).toEqual({
      total_timeout: 60_000,
      attempt_timeout: 60_000,
    });
    expect(set(standard(), { totalTimeout: false })).toEqual({
      total_timeout: Infinity,
      attempt_timeout: Infinity,
    });
    expect(set(standard(), { totalTimeout: 60_000, attemptTimeout: 5 })).toEqual({
      total_timeout: 60_000,
      attempt_timeout: 5,
    });
  });

  it('X1: an attempt timeout leaves the total one as it is', () => {
    expect(set(standard(), { attemptTimeout: 20_000 })).toEqual({ attempt_timeout: 20_000 });
    expect(set(standard(), { attemptTimeout: false })).toEqual({ attempt_timeout: Infinity });
  });

  it('X1: timeouts between the two stay as they are', () => {
    const policies = [timeout(9), timeout(8), retry(), timeout(7), timeout(6)];
    expect(set(policies, { totalTimeout: 90, attemptTimeout: 60 })).toEqual({
      timeout: 90,
      timeout_4: 60,
    });
  });

  it('X1: retries are those of the outermost retry', () => {
    expect(set(standard(), { retry: { maxRetries: 0 } })).toEqual({ retry: 0 });
    const nested = [retry(), timeout(9), retry({ name: 'inner' })];
    expect(set(nested, { retry: { maxRetries: 7 } })).toEqual({ retry: 7, inner: 0 });
  });

  const wrong: [string, Policy<unknown>[], CallTimes, string, RegExp][] = [
    ['no timeout', [retry()], { totalTimeout: 5 }, 'totalTimeout', /no timeout around the retry/],
    [
      'no timeout to leave out',
      [],
      { totalTimeout: false },
      'totalTimeout',
      /no timeout around the retry/,
    ],
    [
      'no timeout around the retry',
      [retry(), timeout(1), timeout(2)],
      { totalTimeout: 5 },
      'totalTimeout',
      /no timeout around the retry: add one \(got 5\)/,
    ],
    [
      'no timeout inside the retry',
      [timeout(9), retry()],
      { attemptTimeout: 5 },
      'attemptTimeout',
      /no timeout inside the retry/,
    ],
    [
      'no retry',
      standard({ retry: false }),
      { retry: { maxRetries: 1 } },
      'retry.maxRetries',
      /no retry among the policies/,
    ],
    [
      'an attempt that may take longer than the call',
      standard(),
      { totalTimeout: 5, attemptTimeout: 6 },
      'attemptTimeout',
      /must not be above totalTimeout \(5 ms\) \(got 6\)/,
    ],
    [
      'an attempt that may take longer than calls do',
      standard(),
      { attemptTimeout: 31_000 },
      'attemptTimeout',
      /must not be above totalTimeout \(30 s\): set that too, or false/,
    ],
  ];
  for (const [name, policies, times, path, message] of wrong) {
    it(`X1: is refused where there is ${name}`, () => {
      const error = (() => {
        try {
          return set(policies, times);
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toBeInstanceOf(ConfigError);
      expect(error).toMatchObject({ path: `holdfast.${path}` });
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message.startsWith(`holdfast.${path}: `)).toBe(true);
    });
  }
});
