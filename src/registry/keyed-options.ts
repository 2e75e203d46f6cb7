import { once } from '../config/once.js';
import { fnOf, positiveCount } from '../config/schemas.js';
import * as z from '../config/zod.js';
import type { JoinOptions } from '../pipeline/options/joining.js';
import { pipelineSchema } from '../pipeline/options/pipeline-options.js';
import type { Duration } from '../time/duration.js';
import { positiveDurationSchema } from '../time/duration.js';

/** Options of {@link keyed}. `registry` and `critical` are those of the template unless they are set here. */
export interface KeyedOptions extends JoinOptions {
  /**
   * How many keys are kept: a whole number >= 1. Above that, the least recently used key is dropped first. A key is never dropped while it has a
   * call in flight, or state that must not be lost (an open breaker, a rate limiter that is not full again, a throttle that refuses calls, an
   * ejection). If there are only such keys, more are kept. Default 10,000.
   */
  readonly maxKeys?: number | undefined;
  /** A key unused for this long is dropped. Default 10 minutes. */
  readonly idleFor?: Duration | undefined;
  /** The source of random numbers for `pick`: 0 <= number < 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** The defaults of {@link KeyedOptions}. */
export const keyedDefaults = { maxKeys: 10_000, idleFor: 600_000 } as const;

/** The schema of {@link KeyedOptions}. */
export const keyedSchema = /* @__PURE__ */ once(() => {
  const { registry, critical } = z.shapeOf(pipelineSchema());
  return z.strictObject({
    maxKeys: z._default(positiveCount(), keyedDefaults.maxKeys),
    idleFor: z._default(positiveDurationSchema(), keyedDefaults.idleFor),
    random: z.optional(fnOf<() => number>()),
    registry,
    critical,
  });
});

/** Options as a keyed pipeline needs them. */
export interface ResolvedKeyed {
  readonly maxKeys: number;
  readonly idleFor: number;
  readonly random?: (() => number) | undefined;
}
