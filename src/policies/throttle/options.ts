import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import { above, below, flag, fnOf, number, positiveCount } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { Duration } from '../../time/duration.js';
import { positiveDurationSchema } from '../../time/duration.js';
import type { Handle } from '../filter.js';
import { handleSchema } from '../filter.js';
import { throttleNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';

/** Options of {@link throttle}. */
export interface ThrottleOptions extends Named {
  /**
   * How many requests it sends for each one that the upstream accepts, the K of the formula: a number above 1. The nearer to 1,
   * the sooner it refuses calls, and the longer it takes to recover. With 2 it begins when the upstream accepts less than half.
   * Default 2.
   */
  readonly requestsPerAccept?: number | undefined;
  /** How far back it looks: longer than 0. Default 2 minutes. */
  readonly window?: Duration | undefined;
  /** Refuses nothing while the window holds fewer calls than this: a whole number >= 1. Default 20. */
  readonly minimumCalls?: number | undefined;
  /**
   * The highest probability with which it refuses a call: above 0, below 1. The calls that it lets through even then find out
   * that the upstream is back. Default 0.9.
   */
  readonly maxProbability?: number | undefined;
  /**
   * Which outcomes mean that the upstream did not accept the call. Default: what the pipeline's `isFailure` says. Without that,
   * errors of the operation and timeouts while it runs. Any other outcome means that it was accepted. Two kinds do not count at
   * all: rejections by policies inside, unless `handle` says yes to them, and calls that were given up. By default, a ConfigError
   * or ContractError of a policy inside does not count either. If `handle` says `'ignore'`, the call is taken back, as if it had
   * not been sent.
   */
  readonly handle?: Handle | undefined;
  /** Refuses nothing, but counts and reports what it would refuse. Default false. */
  readonly dryRun?: boolean | undefined;
  /** The source of random numbers: 0 <= number < 1. Asked only while calls are refused. Default `Math.random`. */
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
export const throttleSchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      requestsPerAccept: number(PER_ACCEPT, above(1)),
      window: positiveDurationSchema(),
      minimumCalls: positiveCount(),
      maxProbability: number(PROBABILITY, above(0), below(1)),
      handle: handleSchema(),
      dryRun: flag(),
      random: fnOf<() => number>(),
      ...namedShape(),
    },
    throttleDefaults,
  ),
);

/** Options with everything filled in. */
export type ResolvedThrottle = z.output<ReturnType<typeof throttleSchema>>;

/** @throws ConfigError */
export function resolveThrottle(options: ThrottleOptions | undefined): ResolvedThrottle {
  if (options === undefined) return { ...throttleDefaults };
  return parseOptions(throttleSchema, options, 'throttle', hintFrom(throttleNames));
}
