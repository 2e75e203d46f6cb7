import {
  adaptiveLimiter,
  bulkhead,
  chaos,
  circuitBreaker,
  ejection,
  fallback,
  hedge,
  type Policy,
  rateLimiter,
  retry,
  throttle,
  timeout,
} from 'holdfast';

/** Each policy, as docs/composition.md names it. All of them let a few calls in at once. */
export const policies = {
  fallback: () => fallback('else'),
  'rate limiter': () => rateLimiter({ limit: 1_000, per: '1s', maxWait: '1s' }),
  timeout: () => timeout('1s'),
  retry: () => retry({ maxRetries: 2, initialDelay: 10, jitter: 'none', factor: 1, budget: false }),
  hedge: () => hedge({ delay: '700ms', maxExtraLoad: 1 }),
  throttle: () => throttle(),
  'circuit breaker': () => circuitBreaker({ consecutiveFailures: 50 }),
  'adaptive limiter': () => adaptiveLimiter({ maxQueued: 1 }),
  bulkhead: () => bulkhead({ maxConcurrent: 2, maxQueued: 1 }),
  ejection: () => ejection(),
  chaos: () => {
    // It is on, so that each attempt goes through it, and changes nothing.
    const policy = chaos({ behavior: { rate: 1, run: () => {} } });
    policy.start();
    return policy;
  },
} satisfies Record<string, () => Policy<unknown>>;

export type PolicyName = keyof typeof policies;

export const names = Object.keys(policies) as PolicyName[];

/** All pairs, in both orders. */
export const pairs = names.flatMap((outer) =>
  names.map((inner): [PolicyName, PolicyName] => [outer, inner]),
);

/** Chaos goes innermost, or beside another one. */
export const isAllowed = ([outer, inner]: readonly [PolicyName, PolicyName]): boolean =>
  outer !== 'chaos' || inner === 'chaos';
