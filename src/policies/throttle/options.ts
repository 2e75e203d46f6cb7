import * as z from 'zod';
import { fnOf, positiveCount } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import type { Duration } from '../../time/duration.js';
import { positiveDurationSchema } from '../../time/duration.js';
import type { Handle } from '../filter.js';
import { handleSchema } from '../filter.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';

/** Options of {@link throttle}. */
export interface ThrottleOptions extends Named {
  /**
   * How many requests it sends for each that the upstream accepts, the K of the formula: a number above 1. The nearer to 1, the
   * sooner it refuses calls, and the longer it takes to recover. With 2 it begins when less than half is accepted. Default 2.
   */
  readonly requestsPerAccept?: number | undefined;
  /** How far back it looks: longer than 0. Default 2 minutes. */
  readonly window?: Duration | undefined;
  /** Refuses nothing while the window holds fewer calls than this: a whole number >= 1. Default 20. */
  readonly minimumCalls?: number | undefined;
  /**
   * The highest probability with which it refuses a call: above 0, below 1. What it lets through even then finds out that the
   * upstream is back. Default 0.9.
   */
  readonly maxProbability?: number | undefined;
  /**
   * Which outcomes mean that the upstream did not accept the call. Default: what `isFailure` of the pipeline says, else errors of the operation and timeouts while it runs. What it
   * says no to was accepted. Only rejections by policies inside (unless it says yes to them) and calls that were given up are not
   * counted at all; by default, neither is a ConfigError or ContractError of a policy inside. What `'ignore'` is said of is taken back, as
   * if it had not been sent.
   */
  readonly handle?: Handle | undefined;
  /** Counts and reports what it would refuse, and refuses nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Where chance comes from: 0 <= number < 1. Asked only while calls are refused. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** The defaults of {@link ThrottleOptions}. */
export const throttleDefaults = {
  requestsPerAccept: 2,
  window: 120_000,
  minimumCalls: 20,
  maxProbability: 0.9,
  dryRun: false,
} as const;

const PER_ACCEPT =
  'must be a number above 1, such as 2: with 1 or less it would not recover with the upstream';
const PROBABILITY =
  'must be a number above 0 and below 1, such as 0.9: with 1 nothing would find out that the upstream is back';

/** The schema of {@link ThrottleOptions}. */
export const throttleSchema = z.strictObject({
  requestsPerAccept: z
    .number({ error: PER_ACCEPT })
    .gt(1, { error: PER_ACCEPT })
    .default(throttleDefaults.requestsPerAccept),
  window: positiveDurationSchema.default(throttleDefaults.window),
  minimumCalls: positiveCount.default(throttleDefaults.minimumCalls),
  maxProbability: z
    .number({ error: PROBABILITY })
    .gt(0, { error: PROBABILITY })
    .lt(1, { error: PROBABILITY })
    .default(throttleDefaults.maxProbability),
  handle: handleSchema.optional(),
  dryRun: z.boolean().default(throttleDefaults.dryRun),
  random: fnOf<() => number>().optional(),
  ...namedShape,
});

/** Options with everything filled in. */
export type ResolvedThrottle = z.output<typeof throttleSchema>;

/** @throws ConfigError */
export function resolveThrottle(options: ThrottleOptions | undefined): ResolvedThrottle {
  return parseOptions(throttleSchema, options, 'throttle');
}
