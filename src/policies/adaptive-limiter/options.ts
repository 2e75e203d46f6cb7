import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import { count, flag, fnOf, oneOf, positiveCount } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import { boundToRequests } from '../../host.js';
import type { Priority } from '../../pipeline/contract/call-traits.js';
import type { Duration } from '../../time/duration.js';
import { positiveDurationSchema } from '../../time/duration.js';
import type { Handle, Handles } from '../filter.js';
import { handleSchema } from '../filter.js';
import { adaptiveLimiterNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';
import type { Ruled } from '../ruled.js';

/** Options of {@link adaptiveLimiter}. */
export interface AdaptiveLimiterOptions extends Named {
  /**
   * How the limit is found. `brake` lets everything in until most calls are useless to their callers. `gradient` and `vegas` look for the
   * limit at which latency begins to grow. `aimd` looks for the limit at which signs of overload appear (see `handle`). Default `brake`.
   */
  readonly algorithm?: 'brake' | 'gradient' | 'vegas' | 'aimd' | undefined;
  /**
   * The limit at first: a whole number from `minLimit` to `maxLimit`. Default: `maxLimit` for `brake`. For the others 20, or the nearest
   * number that `minLimit` and `maxLimit` allow.
   */
  readonly initialLimit?: number | undefined;
  /**
   * The lowest limit: a whole number >= 1. Default 1 for `brake`. For the others 3, so that one call that hangs does not take the only
   * slot. Lower if one of the other two options is lower.
   */
  readonly minLimit?: number | undefined;
  /** The highest limit: a whole number >= `minLimit`. Default 10,000 for `brake`, else 200. Higher if one of the other two options is higher. */
  readonly maxLimit?: number | undefined;
  /** How many calls may wait for a slot: a whole number >= 0. Default 100 for `brake`, else 0. */
  readonly maxQueued?: number | undefined;
  /**
   * How long a call may wait for a slot: longer than 0. A call never waits for more than 45% of the time that its caller has left. Once the
   * queue has not been empty for `maxWait`, new calls may wait for only a twentieth of it, unless they are more important than all that
   * wait. Default 500 ms for `brake`, else 100 ms. Needs `maxQueued`.
   */
  readonly maxWait?: Duration | undefined;
  /**
   * How important a call is that does not say so itself (`priority` of a call): a class, or a number that orders calls of the class `normal`,
   * higher being more important. Asked when the call has to wait, in its caller's own async context. Default: `normal`. Needs `maxQueued`.
   */
  readonly priority?: (() => Priority | number | undefined) | undefined;
  /**
   * Which outcomes are signs of overload. Default: timeouts inside. Of the other outcomes, only a success counts, with its latency. A
   * failure that is no sign of overload does not count, because a quick failure says nothing about the load. Without `handle`, the
   * pipeline's `isFailure` says which outcomes are successes.
   */
  readonly handle?: Handle | undefined;
  /**
   * Gives a slot back when its call is given up, instead of when the operation really settles. For operations that may
   * never settle; the limit then no longer bounds the real work. Default false; on Workers true, as operations may never settle there.
   */
  readonly releaseOnAbandon?: boolean | undefined;
  /** Refuses nothing, but counts and reports what it would refuse. Default false. */
  readonly dryRun?: boolean | undefined;
}

/** The defaults of {@link AdaptiveLimiterOptions}: with `brake`, and with all other algorithms. */
export const adaptiveLimiterDefaults = {
  algorithm: 'brake',
  minLimit: 1,
  maxLimit: 10_000,
  maxQueued: 100,
  maxWait: 500,
  // Where promises belong to a request, an operation that outlasts its request never settles.
  releaseOnAbandon: boundToRequests,
  dryRun: false,
  others: { initialLimit: 20, minLimit: 3, maxLimit: 200, maxQueued: 0, maxWait: 100 },
} as const;

const ALGORITHM = "must be 'brake', 'gradient', 'vegas' or 'aimd'";

/** The schema of {@link AdaptiveLimiterOptions}. */
export const adaptiveLimiterSchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      algorithm: oneOf(['brake', 'gradient', 'vegas', 'aimd'], ALGORITHM),
      initialLimit: positiveCount(),
      minLimit: positiveCount(),
      maxLimit: positiveCount(),
      maxQueued: count(),
      maxWait: positiveDurationSchema(),
      priority: fnOf<() => Priority | number | undefined>(),
      handle: handleSchema(),
      releaseOnAbandon: flag(),
      dryRun: flag(),
      ...namedShape(),
    },
    plainAdaptiveLimiter(),
    (payload) => {
      if (payload.issues.length > 0) return;
      const options = payload.value;
      const wrong = z.wrongIn(payload);
      const { initialLimit } = options;
      const { minLimit, maxLimit, maxQueued } = completed(options);
      if (minLimit > maxLimit) {
        wrong(
          options.minLimit === undefined ? 'maxLimit' : 'minLimit',
          `minLimit (${minLimit}) must not be above maxLimit (${maxLimit})`,
        );
      } else if (initialLimit !== undefined && initialLimit < minLimit) {
        wrong('initialLimit', `must not be below minLimit (${minLimit})`);
      } else if (initialLimit !== undefined && initialLimit > maxLimit) {
        wrong('initialLimit', `must not be above maxLimit (${maxLimit})`);
      }
      for (const key of ['maxWait', 'priority'] as const) {
        if (options[key] === undefined || maxQueued > 0) continue;
        wrong(key, 'has no effect without a queue: set maxQueued to at least 1, or leave it out');
      }
    },
  ),
);

type Parsed = z.output<ReturnType<typeof adaptiveLimiterSchema>>;

/** Options with everything filled in. */
export interface ResolvedAdaptiveLimiter extends Parsed, Ruled {
  /** Replaces `handle` where there is none. */
  readonly isOverload?: Handles | undefined;
  readonly initialLimit: number;
  readonly minLimit: number;
  readonly maxLimit: number;
  readonly maxQueued: number;
  readonly maxWait: number;
}

/** The same as what the schema makes of `{}`. */
export function plainAdaptiveLimiter() {
  const { algorithm, releaseOnAbandon, dryRun } = adaptiveLimiterDefaults;
  return { algorithm, releaseOnAbandon, dryRun };
}

/** @throws ConfigError */
export function resolveAdaptiveLimiter(
  options: AdaptiveLimiterOptions | undefined,
): ResolvedAdaptiveLimiter {
  return completeAdaptiveLimiter(
    options === undefined
      ? plainAdaptiveLimiter()
      : parseOptions(
          adaptiveLimiterSchema,
          options,
          'adaptiveLimiter',
          hintFrom(adaptiveLimiterNames),
        ),
  );
}

/** Fills in the defaults that depend on other options. */
export function completeAdaptiveLimiter(parsed: Parsed): ResolvedAdaptiveLimiter {
  return { ...parsed, ...completed(parsed) };
}

/** A user who sets only one of the bounds need not know the default of the other. */
function completed({ algorithm, initialLimit, minLimit, maxLimit, maxQueued, maxWait }: Parsed) {
  const { others, ...brake } = adaptiveLimiterDefaults;
  const defaults = algorithm === 'brake' ? { ...brake, initialLimit: brake.maxLimit } : others;
  const least =
    minLimit ?? Math.min(defaults.minLimit, initialLimit ?? Infinity, maxLimit ?? Infinity);
  const most = maxLimit ?? Math.max(defaults.maxLimit, initialLimit ?? 0, minLimit ?? 0);
  return {
    minLimit: least,
    maxLimit: most,
    initialLimit: initialLimit ?? Math.min(most, Math.max(least, defaults.initialLimit)),
    maxQueued: maxQueued ?? defaults.maxQueued,
    maxWait: maxWait ?? defaults.maxWait,
  };
}
