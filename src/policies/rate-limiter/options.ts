import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import { atLeast, flag, number, positiveCount } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { Duration } from '../../time/duration.js';
import { durationSchema, positiveDurationSchema } from '../../time/duration.js';
import { rateLimiterNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';
import type { Ruled } from '../ruled.js';
import type { Learn } from './learn.js';

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
  /** What a call takes that does not say so itself: finite, >= 0, at most `burst`. Default 1. */
  readonly cost?: number | undefined;
  /**
   * What outcomes say: what the calls have really cost, and what is left of the upstream's quota. `rateLimitHeaders()` of 'holdfast/fetch', or
   * `learnFrom(…)`. The difference to what a call took is put back, or owed by later calls. Until the upstream's reset, no more calls start than it
   * leaves: never more than without. Default: none.
   */
  readonly learn?: Learn | undefined;
  /** Refuses nothing, but counts and reports what it would refuse. Default false. */
  readonly dryRun?: boolean | undefined;
}

/** The defaults of {@link RateLimiterOptions}. */
export const rateLimiterDefaults = { per: 1_000, maxWait: 0, cost: 1, dryRun: false } as const;

/** The schema of {@link RateLimiterOptions}. */
export const rateLimiterSchema = /* @__PURE__ */ once(() =>
  z.strictObject(
    {
      limit: positiveCount(),
      per: z._default(positiveDurationSchema(), rateLimiterDefaults.per),
      burst: z.optional(positiveCount()),
      maxWait: z._default(durationSchema(), rateLimiterDefaults.maxWait),
      cost: z._default(
        number('must be a finite number >= 0', atLeast(0)),
        rateLimiterDefaults.cost,
      ),
      learn: z.optional(z.custom<Learn>(isLearn, LEARN)),
      dryRun: z._default(flag(), rateLimiterDefaults.dryRun),
      ...namedShape(),
    },
    (payload) => {
      const { limit, burst = limit, cost } = payload.value;
      if (payload.issues.length > 0 || cost <= burst) return;
      z.wrongIn(payload)('cost', `must not be above burst (${burst}), or no call could start`);
    },
  ),
);

const LEARN = 'must be made by learnFrom() or rateLimitHeaders()';

function isLearn(value: unknown): boolean {
  return typeof (value as Partial<Learn> | null)?.hear === 'function';
}

/** Options with everything filled in, except `burst`. */
export type ResolvedRateLimiter = z.output<ReturnType<typeof rateLimiterSchema>> & Ruled;

/** @throws ConfigError */
export function resolveRateLimiter(options: RateLimiterOptions): ResolvedRateLimiter {
  return parseOptions(rateLimiterSchema, options, 'rateLimiter', hintFrom(rateLimiterNames));
}
