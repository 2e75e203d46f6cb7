import { bulkhead, circuitBreaker, retry, standard, throttle, timeout } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { expect, it } from 'vitest';

/** opossum's `resetTimeout` was taken for a misspelt `probeTimeout`; cockatiel's names for nothing that is known here. */
it.each([
  [retry, 'maxAttempts', 'maxRetries'],
  [retry, 'shouldRetry', 'handle'],
  [circuitBreaker, 'resetTimeout', 'openFor'],
  [circuitBreaker, 'halfOpenAfter', 'openFor'],
  [circuitBreaker, 'errorThresholdPercentage', 'failureRate'],
  [circuitBreaker, 'failureThreshold', 'consecutiveFailures'],
  [bulkhead, 'limit', 'maxConcurrent'],
  [bulkhead, 'timeoutDuration', 'maxWait'],
  [throttle, 'shouldRetry', 'handle'],
  [throttle, 'retryIf', 'handle'],
  [timeout, 'ms', 'duration'],
  [timeout, 'timeout', 'duration'],
])('the ConfigError of %o for %s names %s', (policy, theirs, ours) => {
  expect(() => policy({ [theirs]: 5 } as never)).toThrow(
    `unknown option "${theirs}": did you mean "${ours}"?`,
  );
});

it('a name from elsewhere that nothing here stands for is met with the list', () => {
  for (const name of ['halfOpenAfter', 'toString', 'constructor']) {
    expect(() => bulkhead({ [name]: 5 } as never)).toThrow('the options are maxConcurrent');
  }
});

it.each<(options: never) => unknown>([retry, standard, resilientFetch])(
  'an empty name means nothing: %o',
  (make) => {
    expect(() => make({ '': 5 } as never)).toThrow('unknown option ""; the options are');
  },
);
