import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import { above, atLeast, atMost, number, positiveCount } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { Duration } from '../../time/duration.js';
import { durationSchema } from '../../time/duration.js';
import type { Handle } from '../filter.js';
import { handleSchema } from '../filter.js';
import { hedgeNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';
import type { RetryBudget } from '../retry-budget/index.js';
import { isRetryBudget } from '../retry-budget/index.js';
import type { Ruled } from '../ruled.js';

/** Options of {@link hedge}. */
export interface HedgeOptions extends Named {
  /**
   * Which percentile of the latest first attempts' latency a call waits for before a hedge starts: a number between 0.5 and 0.999. Default 0.95,
   * unless there is a `delay`.
   */
  readonly percentile?: number | undefined;
  /**
   * How long a call waits instead. With a `percentile` beside it, it is the delay until 20 first attempts are known. Default: that, and
   * one second.
   */
  readonly delay?: Duration | undefined;
  /** Hedges of each call: a whole number >= 1. Each starts one delay after the one before it. Default 1. */
  readonly maxHedges?: number | undefined;
  /** Hedges of all calls together, as a share of the first attempts: > 0 and at most 1. Default 0.05. */
  readonly maxExtraLoad?: number | undefined;
  /** A budget to share with retries, so that it bounds both together. It comes on top of `maxExtraLoad`. Default: none. */
  readonly budget?: RetryBudget | undefined;
  /**
   * Which outcomes do not end the call while another attempt is under way. Default: timeouts inside, and what the pipeline's `isFailure` calls a
   * failure. Without `isFailure`, that is errors of the operation. Rejections by policies inside never end it.
   */
  readonly handle?: Handle | undefined;
}

/** The defaults of {@link HedgeOptions}. */
export const hedgeDefaults = {
  percentile: 0.95,
  delay: 1_000,
  maxHedges: 1,
  maxExtraLoad: 0.05,
} as const;

const PERCENTILE = 'must be a number between 0.5 and 0.999: 0.95 hedges the slowest of 20 calls';
const LOAD = 'must be a number above 0 and at most 1: 0.05 allows one hedge for every 20 calls';

/** The same as what the schema makes of `{}`. */
function plainHedge() {
  const { maxHedges, maxExtraLoad } = hedgeDefaults;
  return { maxHedges, maxExtraLoad };
}

/** The schema of {@link HedgeOptions}. */
export const hedgeSchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      percentile: number(PERCENTILE, atLeast(0.5), atMost(0.999)),
      delay: durationSchema(),
      maxHedges: positiveCount(),
      maxExtraLoad: number(LOAD, above(0), atMost(1)),
      budget: z.custom<RetryBudget>(
        isRetryBudget,
        'must be a budget to share with retries, such as retryBudget()',
      ),
      handle: handleSchema(),
      ...namedShape(),
    },
    plainHedge(),
  ),
);

/** Options with everything filled in. */
export type ResolvedHedge = z.output<ReturnType<typeof hedgeSchema>> &
  Ruled & {
    /** Gets each outcome that is kept while other attempts are under way. */
    readonly onKept?: ((outcome: Outcome) => void) | undefined;
  };

/** @throws ConfigError */
export function resolveHedge(options: HedgeOptions | undefined): ResolvedHedge {
  return options === undefined
    ? plainHedge()
    : parseOptions(hedgeSchema, options, 'hedge', hintFrom(hedgeNames));
}
