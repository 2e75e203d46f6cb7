import * as z from 'zod';
import { parseOptions } from '../config/validate.js';
import { ConfigError } from '../errors.js';
import type { Policy } from '../pipeline/contract.js';
import type { Duration } from '../time/duration.js';
import { durationSchema, parseDuration } from '../time/duration.js';
import type { BulkheadOptions } from './bulkhead/index.js';
import { bulkhead } from './bulkhead/index.js';
import type { CircuitBreakerOptions } from './circuit-breaker/index.js';
import { circuitBreaker } from './circuit-breaker/index.js';
import type { RetryOptions } from './retry/index.js';
import { retry } from './retry/index.js';
import { timeout } from './timeout/index.js';

/** Options of {@link standard}. `false` leaves a policy out. */
export interface StandardOptions {
  /** How long the whole call may take, retries included. Default 30 s. */
  readonly totalTimeout?: Duration | false | undefined;
  readonly retry?: RetryOptions | false | undefined;
  readonly circuitBreaker?: CircuitBreakerOptions | false | undefined;
  readonly bulkhead?: BulkheadOptions | false | undefined;
  /** How long each attempt may take. Default 10 s. */
  readonly attemptTimeout?: Duration | false | undefined;
}

/** The defaults of {@link StandardOptions} that are not those of a policy. */
export const standardDefaults = { totalTimeout: '30s', attemptTimeout: '10s' } as const;

const off = { error: 'must be the options of the policy, or false to leave it out' };
const policyOptions = z.union([z.looseObject({}), z.literal(false)], off).optional();

/** The schema of {@link StandardOptions}; each policy checks its own options. */
export const standardSchema = z.strictObject({
  totalTimeout: z.union([durationSchema, z.literal(false)]).optional(),
  retry: policyOptions,
  circuitBreaker: policyOptions,
  bulkhead: policyOptions,
  attemptTimeout: z.union([durationSchema, z.literal(false)]).optional(),
});

/**
 * The policies of a well-behaved client in the recommended order, ready to be spread into a pipeline: total timeout, retry,
 * circuit breaker, bulkhead, attempt timeout.
 *
 * @throws ConfigError when an option is wrong, or when an attempt may take longer than the whole call.
 * @example
 * pipeline('inventory', fallback(() => UNKNOWN_STOCK), ...standard({ retry: { maxRetries: 2 } }));
 */
export function standard(options?: StandardOptions): Policy[] {
  const given = parseOptions(standardSchema, options, 'standard');
  const totalMs = given.totalTimeout ?? parseDuration(standardDefaults.totalTimeout);
  const attemptMs = given.attemptTimeout ?? parseDuration(standardDefaults.attemptTimeout);
  if (totalMs !== false && attemptMs !== false && attemptMs > totalMs) {
    const key = given.attemptTimeout === undefined ? 'totalTimeout' : 'attemptTimeout';
    throw new ConfigError(
      `standard.${key}: an attempt (${attemptMs} ms) must not be allowed longer than the whole call (${totalMs} ms)`,
      { path: `standard.${key}`, value: given[key], policy: 'standard' },
    );
  }
  const policies: (Policy | false)[] = [
    totalMs !== false && timeout({ duration: totalMs, name: 'total_timeout' }),
    given.retry !== false && retry(given.retry as RetryOptions | undefined),
    given.circuitBreaker !== false &&
      circuitBreaker(given.circuitBreaker as CircuitBreakerOptions | undefined),
    given.bulkhead !== false && bulkhead(given.bulkhead as BulkheadOptions | undefined),
    attemptMs !== false && timeout({ duration: attemptMs, name: 'attempt_timeout' }),
  ];
  return policies.filter((policy) => policy !== false);
}
