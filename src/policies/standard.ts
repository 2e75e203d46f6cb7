import { once } from '../config/once.js';
import { nested, off } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import type { Policy } from '../pipeline/contract/policy.js';
import type { IsFailure } from '../pipeline/outcome/failure-rule.js';
import { failureRuleOf, isFailureSchema } from '../pipeline/outcome/failure-rule.js';
import type { Duration } from '../time/duration.js';
import { durationSchema, formatDuration } from '../time/duration.js';
import type { AdaptiveLimiterSnapshot } from './adaptive-limiter/adaptive-limiter.js';
import { AdaptiveLimiterPolicy } from './adaptive-limiter/adaptive-limiter.js';
import type { AdaptiveLimiterOptions } from './adaptive-limiter/options.js';
import {
  adaptiveLimiterSchema,
  completeAdaptiveLimiter,
  plainAdaptiveLimiter,
} from './adaptive-limiter/options.js';
import type { BulkheadSnapshot } from './bulkhead/bulkhead.js';
import { BulkheadPolicy } from './bulkhead/bulkhead.js';
import type { BulkheadOptions } from './bulkhead/options.js';
import { bulkheadSchema } from './bulkhead/options.js';
import { CircuitBreakerPolicy } from './circuit-breaker/circuit-breaker.js';
import type { CircuitBreakerOptions } from './circuit-breaker/options.js';
import {
  circuitBreakerSchema,
  completeCircuitBreaker,
  plainCircuitBreaker,
} from './circuit-breaker/options.js';
import type { CircuitBreakerSnapshot } from './circuit-breaker/snapshot.js';
import { hintAmongPolicies } from './elsewhere.js';
import type { RateLimiterOptions } from './rate-limiter/options.js';
import { rateLimiterSchema } from './rate-limiter/options.js';
import type { RateLimiterSnapshot } from './rate-limiter/rate-limiter.js';
import { RateLimiterPolicy } from './rate-limiter/rate-limiter.js';
import type { RetryOptions } from './retry/options.js';
import { plainRetry, retrySchema } from './retry/options.js';
import { RetryPolicy } from './retry/retry.js';
import { TimeoutPolicy } from './timeout/timeout.js';

/** Options of {@link standard}. `false` leaves a policy out. */
export interface StandardOptions {
  /** Options of {@link rateLimiter}. Default: no rate limiter, since only the upstream knows its quota. */
  readonly rateLimiter?: RateLimiterOptions | false | undefined;
  /**
   * Which outcomes are failures of the upstream: see {@link PipelineOptions.isFailure}. The policies of this list use it. The pipeline that
   * they are spread into uses it, too, with its metrics and its other policies, unless it has its own. The `handle` of a single policy goes
   * first. Default: that of the pipeline.
   */
  readonly isFailure?: IsFailure | undefined;
  /** How long the whole call may take, retries included. It should be how long your own caller waits. Default 30 s. */
  readonly totalTimeout?: Duration | false | undefined;
  /** Options of {@link retry}. Default: its defaults. */
  readonly retry?: RetryOptions | false | undefined;
  /** Options of {@link circuitBreaker}. Default: its defaults. */
  readonly circuitBreaker?: CircuitBreakerOptions | false | undefined;
  /** Options of {@link adaptiveLimiter}. Default: its defaults. */
  readonly adaptiveLimiter?: AdaptiveLimiterOptions | false | undefined;
  /** Options of {@link bulkhead}. Default: no bulkhead, since a number that nobody chose refuses bursts that a healthy upstream would serve. */
  readonly bulkhead?: BulkheadOptions | false | undefined;
  /**
   * How long each attempt may take, at most as long as the whole call. Default: `totalTimeout` where you set that, else 10 s. A
   * shorter one heals single requests that hang. It also cuts off answers of an upstream that has become slow.
   */
  readonly attemptTimeout?: Duration | false | undefined;
}

/** The defaults of {@link StandardOptions} that are not those of a policy. */
export const standardDefaults = { totalTimeout: 30_000, attemptTimeout: 10_000 } as const;

/** The names of the policies that {@link standard} makes, by their options. Events, errors, snapshots and telemetry use these names. */
export const standardPolicyNames = {
  rateLimiter: 'rate_limiter',
  totalTimeout: 'total_timeout',
  retry: 'retry',
  circuitBreaker: 'circuit_breaker',
  adaptiveLimiter: 'adaptive_limiter',
  bulkhead: 'bulkhead',
  attemptTimeout: 'attempt_timeout',
} as const;

/** One of {@link standardPolicyNames}. */
export type StandardPolicyName = (typeof standardPolicyNames)[keyof typeof standardPolicyNames];

/** The names of the timeouts: which bounds what. Not read from the object, so that a bundle may leave that out. */
export const TOTAL_TIMEOUT: typeof standardPolicyNames.totalTimeout = 'total_timeout';
export const ATTEMPT_TIMEOUT: typeof standardPolicyNames.attemptTimeout = 'attempt_timeout';

/** The snapshots of the policies that {@link standard} makes, by name. Rate limiter and bulkhead are `undefined` unless they have options. */
export interface StandardSnapshots {
  readonly rate_limiter: RateLimiterSnapshot | undefined;
  readonly circuit_breaker: CircuitBreakerSnapshot;
  readonly adaptive_limiter: AdaptiveLimiterSnapshot;
  readonly bulkhead: BulkheadSnapshot | undefined;
}

/** {@link StandardSnapshots} where options may leave out any policy, or give it another name. */
export type AnyStandardSnapshots = {
  readonly [Name in keyof StandardSnapshots]: StandardSnapshots[Name] | undefined;
};

/** A policy of the list that {@link standard} makes. Its type says which snapshots the whole list has. */
export type StandardPolicy<Snapshots = AnyStandardSnapshots> = Policy & {
  /** In types only. */
  readonly states?: () => Snapshots;
};

/** Options of a policy, or `false`. */
function policySchema<S extends z.Schema>(schema: () => S) {
  const error = 'must be the options of the policy, or false to leave it out';
  return z.union([nested(schema()), off()], error);
}

const timeoutSchema = () => z.optional(z.union([durationSchema(), off()]));

/** The schema of {@link StandardOptions}. */
export const standardSchema = /* @__PURE__ */ once(() =>
  z.strictObject(
    {
      isFailure: z.optional(isFailureSchema()),
      rateLimiter: z._default(policySchema(rateLimiterSchema), false),
      totalTimeout: timeoutSchema(),
      retry: z._default(policySchema(retrySchema), plainRetry),
      circuitBreaker: z._default(policySchema(circuitBreakerSchema), plainCircuitBreaker),
      adaptiveLimiter: z._default(policySchema(adaptiveLimiterSchema), plainAdaptiveLimiter),
      bulkhead: z._default(policySchema(bulkheadSchema), false),
      attemptTimeout: timeoutSchema(),
    },
    (payload) => {
      const { totalTimeout, attemptTimeout } = payload.value;
      if (payload.issues.length > 0 || typeof attemptTimeout !== 'number' || totalTimeout === false)
        return;
      const whole = totalTimeout ?? standardDefaults.totalTimeout;
      if (attemptTimeout <= whole) return;
      const set = totalTimeout === undefined ? ': set that too, or false' : '';
      const most = `totalTimeout (${formatDuration(whole)})`;
      z.wrongIn(payload)('attemptTimeout', `must not be above ${most}${set}`);
    },
  ),
);

/** What the schema makes of no options. */
export function plainStandard(): z.output<ReturnType<typeof standardSchema>> {
  return {
    rateLimiter: false,
    retry: plainRetry(),
    circuitBreaker: plainCircuitBreaker(),
    adaptiveLimiter: plainAdaptiveLimiter(),
    bulkhead: false,
  };
}

/**
 * The policies of a well-behaved client in the recommended order, ready to be spread into a pipeline: rate limiter, total timeout, retry,
 * circuit breaker, adaptive limiter, bulkhead, attempt timeout. Rate limiter and bulkhead are left out unless they have options. The timeouts are
 * named `total_timeout` and `attempt_timeout`: see {@link standardPolicyNames}.
 *
 * @throws ConfigError when an option is wrong, or when an attempt may take longer than the whole call.
 * @example
 * pipeline('inventory', fallback(() => UNKNOWN_STOCK), ...standard({ retry: { maxRetries: 2 } }));
 */
export function standard(
  options?: StandardOptions & {
    readonly circuitBreaker?: (CircuitBreakerOptions & { readonly name?: undefined }) | undefined;
    readonly adaptiveLimiter?: (AdaptiveLimiterOptions & { readonly name?: undefined }) | undefined;
  },
): StandardPolicy<StandardSnapshots>[];
/** The same where options leave out a policy, or give it another name: its snapshot may be `undefined`. */
export function standard(options?: StandardOptions): StandardPolicy[];
export function standard(options?: StandardOptions): Policy[] {
  const given =
    options === undefined
      ? plainStandard()
      : parseOptions(standardSchema, options, 'standard', hintAmongPolicies());
  const { rateLimiter, totalTimeout = standardDefaults.totalTimeout } = given;
  const { retry, circuitBreaker, adaptiveLimiter, bulkhead, isFailure } = given;
  const failureRule = isFailure === undefined ? undefined : failureRuleOf(isFailure);
  const { attemptTimeout = given.totalTimeout || standardDefaults.attemptTimeout } = given;
  const timeoutOf = (duration: number, name: string) =>
    new TimeoutPolicy({ duration, name, failureRule });
  const policies: Policy[] = [];
  if (rateLimiter !== false) policies.push(new RateLimiterPolicy({ ...rateLimiter, failureRule }));
  if (totalTimeout !== false) policies.push(timeoutOf(totalTimeout, TOTAL_TIMEOUT));
  if (retry !== false) policies.push(new RetryPolicy({ ...retry, failureRule }));
  if (circuitBreaker !== false) {
    const complete = completeCircuitBreaker(circuitBreaker);
    policies.push(new CircuitBreakerPolicy({ ...complete, failureRule }));
  }
  if (adaptiveLimiter !== false) {
    const complete = completeAdaptiveLimiter(adaptiveLimiter);
    policies.push(new AdaptiveLimiterPolicy({ ...complete, failureRule }));
  }
  if (bulkhead !== false) policies.push(new BulkheadPolicy({ ...bulkhead, failureRule }));
  if (attemptTimeout !== false) policies.push(timeoutOf(attemptTimeout, ATTEMPT_TIMEOUT));
  return policies;
}
