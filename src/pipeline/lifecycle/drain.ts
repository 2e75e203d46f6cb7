import { once } from '../../config/once.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { Clock } from '../../time/clock.js';
import type { Duration } from '../../time/duration.js';
import { durationSchema } from '../../time/duration.js';

/** Options of `drain`. */
export interface DrainOptions {
  /**
   * How long calls in flight are waited for: finite, >= 0, 0 for not at all. Default 20 seconds: of the 30 that Kubernetes gives
   * a process by default, that leaves ten for what comes before and after.
   */
  readonly timeout?: Duration | undefined;
}

/** The result of a drain. */
export interface Drained {
  /** Calls that had not settled at the limit; 0 when all had. They go on. */
  readonly inFlight: number;
}

/** The defaults of {@link DrainOptions}. */
export const drainDefaults = { timeout: 20_000 } as const;

/** The schema of {@link DrainOptions}. */
export const drainSchema = /* @__PURE__ */ once(() =>
  z.strictObject({
    timeout: z._default(durationSchema(), drainDefaults.timeout),
  }),
);

/** @throws ConfigError */
export function resolveDrain(options: Duration | DrainOptions | undefined): { timeout: number } {
  if (options === undefined) return drainDefaults;
  const given = typeof options === 'object' ? options : { timeout: options };
  return parseOptions(drainSchema, given, 'drain');
}

/** Waits for all of these, but not longer than the limit. */
export async function allWithin(
  awaited: readonly Promise<void>[],
  limitMs: number,
  clock: Clock,
): Promise<void> {
  if (limitMs === 0) return;
  let timer: unknown;
  const limit = new Promise<void>((resolve) => {
    timer = clock.setTimer(resolve, limitMs);
  });
  await Promise.race([Promise.all(awaited), limit]);
  clock.clearTimer(timer);
}
