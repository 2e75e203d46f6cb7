import { describe } from '../config/describe.js';
import * as z from '../config/zod.js';
import { ConfigError } from '../errors.js';
import { isWallClock } from '../pipeline/options/call-options.js';
import type { Clock } from '../time/clock.js';

/** Accepts what {@link assertTime} looks at, when the clock is known. */
export const timeSchema = () => z.custom<number>();

/** Whether it can be a time of this clock. Where a clock counts from its own start, a time of the wall clock is a mistake. */
export function isTime(value: unknown, clock: Clock): boolean {
  return typeof value === 'number' && !Number.isNaN(value) && !isWallClock(value, clock.now());
}

/** @throws ConfigError if it cannot. */
export function assertTime(value: unknown, clock: Clock, path: string, says: string): void {
  if (isTime(value, clock)) return;
  throw new ConfigError(`${path}: ${says} (got ${describe(value)})`, {
    path,
    value,
    policy: path.split('.')[0] as string,
  });
}
