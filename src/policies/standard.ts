import * as z from 'zod/mini';
import { once } from '../config/once.js';
import { nested } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import type { Policy } from '../pipeline/contract.js';
import type { IsFailure } from '../pipeline/failure-rule.js';
import { failureRuleOf, isFailureSchema } from '../pipeline/failure-rule.js';
import type { Duration } from '../time/duration.js';
import { durationSchema, formatDuration } from '../time/duration.js';
import { AdaptiveLimiterPolicy } from './adaptive-limiter/adaptive-limiter.js';
import type { AdaptiveLimiterOptions } from './adaptive-limiter/options.js';
import {
  adaptiveLimiterSchema,
  completeAdaptiveLimiter,
  plainAdaptiveLimiter,
} from './adaptive-limiter/options.js';
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
import type { RateLimiterOptions } from './rate-limiter/options.js';
import { rateLimiterSchema } from './rate-limiter/options.js';
import { RateLimiterPolicy } from './rate-limiter/rate-limiter.js';
import type { RetryOptions } from './retry/options.js';
import { plainRetry, retrySchema } from './retry/options.js';
import { RetryPolicy } from './retry/retry.js';
import { TimeoutPolicy } from './timeout/timeout.js';

/** Options of {@link standard}. `false` leaves a policy out. */
export interface StandardOptions {
  /** Options of {@link rateLimiter}. Default: none, since only the upstream knows its quota. */
  readonly rateLimiter?: RateLimiterOptions | false | undefined;
  /**
   * Which outcomes are failures of the upstream: see {@link PipelineOptions.isFailure}. The policies of this list go by it, and so does the
   * pipeline that they are spread into, with its metrics and its other policies, unless it has one of its own. A `handle` of a single policy goes
   * before it. Default: that of the pipeline.
   */
  readonly isFailure?: IsFailure | undefined;
  /** How long the whole call may take, retries included: how long your own caller waits. Default 30 s. */
  readonly totalTimeout?: Duration | false | undefined;
  /** Options of {@link retry}. Default: its defaults. */
  readonly retry?: RetryOptions | false | undefined;
  /** Options of {@link circuitBreaker}. Default: its defaults. */
  readonly circuitBreaker?: CircuitBreakerOptions | false | undefined;
  /** Options of {@link adaptiveLimiter}. Default: its defaults. */
  readonly adaptiveLimiter?: AdaptiveLimiterOptions | false | undefined;
  /** Options of {@link bulkhead}. Default: none, since a number that nobody chose refuses the calls of a burst that a healthy upstream would serve. */
  readonly bulkhead?: BulkheadOptions | false | undefined;
  /**
   * How long each attempt may take: not longer than the whole call. Default: all of `totalTimeout` where you say how long a call may take, else 10 s. A
   * shorter one heals single requests that hang, and cuts off answers of an upstream that has become slow.
   */
  readonly attemptTimeout?: Duration | false | undefined;
}

/** The defaults of {@link StandardOptions} that are not those of a policy. */
export const standardDefaults = { totalTimeout: 30_000, attemptTimeout: 10_000 } as const;

/** The names of the timeouts: which bounds what. */
export const TOTAL_TIMEOUT = 'total_timeout';
export const ATTEMPT_TIMEOUT = 'attempt_timeout';

/** Options of a policy, or `false`. */
function policySchema<S extends z.ZodMiniType>(schema: () => S) {
  const error = 'must be the options of the policy, or false to leave it out';
  return z.union([nested(schema()), z.literal(false)], { error });
}

const timeoutSchema = () => z.optional(z.union([durationSchema(), z.literal(false)]));

/** The schema of {@link StandardOptions}. */
export const standardSchema = /* @__PURE__ */ once(() =>
  z
    .strictObject({
      isFailure: z.optional(isFailureSchema()),
      rateLimiter: z._default(policySchema(rateLimiterSchema), false),
      totalTimeout: timeoutSchema(),
      retry: z.prefault(policySchema(retrySchema), {}),
      circuitBreaker: z.prefault(policySchema(circuitBreakerSchema), {}),
      adaptiveLimiter: z.prefault(policySchema(adaptiveLimiterSchema), {}),
      bulkhead: z._default(policySchema(bulkheadSchema), false),
      attemptTimeout: timeoutSchema(),
    })
    .check(({ value: { totalTimeout, attemptTimeout }, issues }) => {
      if (issues.length > 0 || typeof attemptTimeout !== 'number' || totalTimeout === false) return;
      const whole = totalTimeout ?? standardDefaults.totalTimeout;
      if (attemptTimeout <= whole) return;
      const set = totalTimeout === undefined ? ': set that too, or false' : '';
      const message = `must not be above totalTimeout (${formatDuration(whole)})${set}`;
      issues.push({ code: 'custom', input: attemptTimeout, path: ['attemptTimeout'], message });
    }),
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
 * The policies of a well-behaved client in the recommended order, ready to be spread into a pipeline: rate limiter (where
 * there are options for one), total timeout, retry, circuit breaker, adaptive limiter, bulkhead (likewise), attempt timeout. The timeouts are named `total_timeout` and `attempt_timeout`.
 *
 * @throws ConfigError when an option is wrong, or when an attempt may take longer than the whole call.
 * @example
 * pipeline('inventory', fallback(() => UNKNOWN_STOCK), ...standard({ retry: { maxRetries: 2 } }));
 */
export function standard(options?: StandardOptions): Policy[] {
  const given =
    options === undefined ? plainStandard() : parseOptions(standardSchema, options, 'standard');
  const { rateLimiter, totalTimeout = standardDefaults.totalTimeout } = given;
  const { retry, circuitBreaker, adaptiveLimiter, bulkhead, isFailure } = given;
  const failureRule = isFailure === undefined ? undefined : failureRuleOf(isFailure);
  const { attemptTimeout = given.totalTimeout || standardDefaults.attemptTimeout } = given;
  const policies: Policy[] = [];
  if (rateLimiter !== false) policies.push(new RateLimiterPolicy(rateLimiter));
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
  if (bulkhead !== false) policies.push(new BulkheadPolicy(bulkhead));
  if (attemptTimeout !== false) policies.push(timeoutOf(attemptTimeout, ATTEMPT_TIMEOUT));
  return policies;
}

function timeoutOf(duration: number, name: string): TimeoutPolicy {
  return new TimeoutPolicy({ duration, name });
}
