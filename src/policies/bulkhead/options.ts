import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import { count, flag, positiveCount } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import { boundToRequests } from '../../host.js';
import type { Duration } from '../../time/duration.js';
import { durationSchema } from '../../time/duration.js';
import { bulkheadNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';
import type { Ruled } from '../ruled.js';

/** Options of {@link bulkhead}. */
export interface BulkheadOptions extends Named {
  /** How many calls may be inside at once: a whole number >= 1. Default 100. */
  readonly maxConcurrent?: number | undefined;
  /** How many calls may wait for a slot, first come, first served: a whole number >= 0. Default 0. */
  readonly maxQueued?: number | undefined;
  /** How long a call may wait for a slot. Default: until it is aborted or times out. Needs `maxQueued`. */
  readonly maxWait?: Duration | undefined;
  /**
   * Gives a slot back when its call is given up, instead of when the operation really settles. For operations that may never
   * settle. `maxConcurrent` then no longer bounds the real work. Default false; on Workers true, as operations may never settle there.
   */
  readonly releaseOnAbandon?: boolean | undefined;
  /** Refuses nothing, but counts and reports what it would refuse. Default false. */
  readonly dryRun?: boolean | undefined;
}

/** The defaults of {@link BulkheadOptions}. */
export const bulkheadDefaults = {
  maxConcurrent: 100,
  maxQueued: 0,
  // Where promises belong to a request, an operation that outlasts its request never settles.
  releaseOnAbandon: boundToRequests,
  dryRun: false,
} as const;

/** The schema of {@link BulkheadOptions}. */
export const bulkheadSchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      maxConcurrent: positiveCount(),
      maxQueued: count(),
      maxWait: durationSchema(),
      releaseOnAbandon: flag(),
      dryRun: flag(),
      ...namedShape(),
    },
    bulkheadDefaults,
    (payload) => {
      const { maxWait, maxQueued } = payload.value;
      if (payload.issues.length > 0 || maxWait === undefined || maxQueued > 0) return;
      z.wrongIn(payload)(
        'maxWait',
        'has no effect without a queue: set maxQueued to at least 1, or leave it out',
      );
    },
  ),
);

/** Options with everything filled in. */
export type ResolvedBulkhead = z.output<ReturnType<typeof bulkheadSchema>> & Ruled;

/** @throws ConfigError */
export function resolveBulkhead(options: BulkheadOptions | undefined): ResolvedBulkhead {
  if (options === undefined) return bulkheadDefaults;
  return parseOptions(bulkheadSchema, options, 'bulkhead', hintFrom(bulkheadNames));
}
