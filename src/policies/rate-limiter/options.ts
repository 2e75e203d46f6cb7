import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import { atLeast, flag, fnOf, number, positiveCount } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { Duration } from '../../time/duration.js';
import { durationSchema, positiveDurationSchema } from '../../time/duration.js';
import { rateLimiterNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';
import type { QuotaReport } from './upstream-quota.js';

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
   * Says what a call has really cost, when it has ended: the tokens that a model used, or 0 for one that was not sent. The difference to what it
   * took is put back, or owed by later calls. An answer that is no number >= 0 changes nothing. Asked about every outcome. Default: none.
   */
  readonly costOf?: CostOf | undefined;
  /**
   * Reads what an answer says about the upstream's quota, such as `rateLimitHeaders()` of 'holdfast/fetch'. Until its reset, no more
   * calls start than it leaves. It makes the limiter stricter, never laxer. Default: none.
   */
  readonly learn?: Learn | undefined;
  /** Refuses nothing, but counts and reports what it would refuse. Default false. */
  readonly dryRun?: boolean | undefined;
}

/** Reads from an outcome what a call has cost. */
// The type of a method, so that it may name the type of the results that it expects.
export type CostOf = { costOf(outcome: Outcome): number | undefined }['costOf'];

/** Reads from an outcome what is left of the upstream's quota. `wallNowMs`: milliseconds since the epoch. */
export type Learn = {
  learn(outcome: Outcome, wallNowMs: number): QuotaReport | undefined;
}['learn'];

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
      cost: z._default(number('must be finite and >= 0', atLeast(0)), rateLimiterDefaults.cost),
      costOf: z.optional(fnOf<CostOf>()),
      learn: z.optional(fnOf<Learn>()),
      dryRun: z._default(flag(), rateLimiterDefaults.dryRun),
      ...namedShape(),
    },
    ({ value: { limit, burst = limit, cost }, issues }) => {
      if (issues.length > 0 || cost <= burst) return;
      const message = `must not be above burst (${burst}), or no call could start`;
      issues.push({ code: 'custom', input: cost, path: ['cost'], message });
    },
  ),
);

/** Options with everything filled in, except `burst`. */
export type ResolvedRateLimiter = z.output<ReturnType<typeof rateLimiterSchema>>;

/** @throws ConfigError */
export function resolveRateLimiter(options: RateLimiterOptions): ResolvedRateLimiter {
  return parseOptions(rateLimiterSchema, options, 'rateLimiter', hintFrom(rateLimiterNames));
}
