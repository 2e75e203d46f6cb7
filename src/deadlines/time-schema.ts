import * as z from '../config/zod.js';
import { isWallClock } from '../pipeline/options/call-options.js';
import { systemClock } from '../time/clock.js';

/** Whether it can be a time of a clock that counts from its own start. A time of the wall clock is a mistake. */
export function isTime(value: unknown): boolean {
  return (
    typeof value === 'number' && !Number.isNaN(value) && !isWallClock(value, systemClock.now())
  );
}

/** Accepts such a time. */
export const timeSchema = (says: string) => z.custom<number>(isTime, { error: says });
