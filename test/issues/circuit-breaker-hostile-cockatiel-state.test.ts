import type { IBreaker } from 'cockatiel';
import { ConsecutiveBreaker, CountBreaker, SamplingBreaker } from 'cockatiel';
import { expect, it } from 'vitest';
import { ConfigError, circuitBreaker } from '../../src/index.js';

const makers = {
  consecutive: () => new ConsecutiveBreaker(3),
  count: () => new CountBreaker({ threshold: 0.5, size: 10 }),
  sampling: () => new SamplingBreaker({ threshold: 0.5, duration: 1_000 }),
};

const restored = (breaker: () => IBreaker, state: string) =>
  circuitBreaker({
    breaker,
    initialState: {
      state: 'closed',
      at: 0,
      openings: 0,
      consecutiveFailures: 0,
      window: { calls: 0, failures: 0, slow: 0 },
      breaker: JSON.parse(state) as unknown,
    },
  });

/** Cockatiel's breakers assign whatever state they are given to themselves: a foreign one turned them off or replaced their methods. */
it.each([
  ['consecutive', '{"samples":[]}'],
  ['consecutive', '"3"'],
  ['consecutive', 'null'],
  ['count', '3'],
  ['count', '[]'],
  ['count', '{"failure":1}'],
  ['count', '{"__proto__":{}}'],
  ['count', '{"samples":{}}'],
  ['sampling', '{"windows":7}'],
] as const)('B10: a %s breaker refuses the state %s', (kind, state) => {
  expect(() => restored(makers[kind], state)).toThrow(ConfigError);
  expect(() => restored(makers[kind], state)).toThrow(/circuitBreaker\.initialState\.breaker/);
});

it('B10: the state of a cockatiel breaker is refused where there is none', () => {
  expect(() =>
    circuitBreaker({
      initialState: {
        state: 'closed',
        at: 0,
        openings: 0,
        consecutiveFailures: 0,
        window: { calls: 0, failures: 0, slow: 0 },
        breaker: 3,
      },
    }),
  ).toThrow(/circuitBreaker\.initialState\.breaker: has no effect without breaker/);
});
