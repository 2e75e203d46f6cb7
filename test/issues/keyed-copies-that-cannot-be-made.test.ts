import { ConfigError, ConsecutiveBreaker, circuitBreaker, keyed, pipeline } from 'holdfast';
import { expect, it } from 'vitest';

it('keyed: a policy that cannot be copied is a ConfigError at once, not in the first call', () => {
  const template = pipeline('x', circuitBreaker({ breaker: new ConsecutiveBreaker(5) }));
  expect(() => keyed(template)).toThrow(ConfigError);
  expect(() => keyed(template)).toThrow('circuitBreaker.breaker');
});
