import { ConfigError, ConsecutiveBreaker, CountBreaker, circuitBreaker } from 'holdfast';
import { expect, it } from 'vitest';

/** A breaker factory that threw, or a class given without `new`, made a TypeError of its own instead of a ConfigError. */
it.each<[string, unknown, string]>([
  ['a class', ConsecutiveBreaker, 'Class constructor ConsecutiveBreaker cannot be invoked wi'],
  [
    'a factory that throws',
    () => new CountBreaker({ threshold: 2, size: 10 }),
    'CountBreaker threshold',
  ],
  [
    'a factory of a hostile object',
    () => new Proxy({}, { get: () => Reflect.get(null as never, 'x') }),
    '',
  ],
])('B2: %s as `breaker` is a ConfigError', (_, breaker, says) => {
  try {
    circuitBreaker({ breaker: breaker as never });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ path: 'circuitBreaker.breaker' });
    expect(String(error)).toContain('circuitBreaker.breaker: must return a breaker of cockatiel');
    expect(String(error)).toContain(says.slice(0, 30));
    expect((error as Error).cause).toBeInstanceOf(Error);
  }
});
