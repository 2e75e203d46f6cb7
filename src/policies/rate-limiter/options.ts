import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import { flag, positiveCount } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { Duration } from '../../time/duration.js';
import { durationSchema, positiveDurationSchema } from '../../time/duration.js';
import { rateLimiterNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';

/** Options of {@link rateLimiter}. */
export interface RateLimiterOptions extends Named {
  /** How many calls may start in each `per`, in the long run: a whole number >= 1. Required. */
  readonly limit: number;
  /** The time that `limit` is for: longer than 0. Default 1 s. */
  readonly per?: Duration | undefined;
  /** How many calls may start at once after a quiet time: a whole number >= 1. Default: `limit`. */
  readonly burst?: number | undefined;
  /** How long a call may wait for its turn, first come, first served. Default 0: it is refused at once. */
  readonly maxWait?: Duration | undefined;
  /** Refuses nothing, but counts and reports what it would refuse. Default false. */
  readonly dryRun?: boolean | undefined;
}

/** The defaults of {@link RateLimiterOptions}. */
export const rateLimiterDefaults = { per: 1_000, maxWait: 0, dryRun: false } as const;

/** The schema of {@link RateLimiterOptions}. */
export const rateLimiterSchema = /* @__PURE__ */ once(() =>
  z.strictObject({
    limit: positiveCount(),
    per: z._default(positiveDurationSchema(), rateLimiterDefaults.per),
    burst: z.optional(positiveCount()),
    maxWait: z._default(durationSchema(), rateLimiterDefaults.maxWait),
    dryRun: z._default(flag(), rateLimiterDefaults.dryRun),
    ...namedShape(),
  }),
);

/** Options with everything filled in, except `burst`. */
export type ResolvedRateLimiter = z.output<ReturnType<typeof rateLimiterSchema>>;

/** @throws ConfigError */
export function resolveRateLimiter(options: RateLimiterOptions): ResolvedRateLimiter {
  return parseOptions(rateLimiterSchema, options, 'rateLimiter', hintFrom(rateLimiterNames));
}
