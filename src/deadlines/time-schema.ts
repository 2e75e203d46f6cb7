import * as z from '../config/zod.js';
import { isWallClock } from '../pipeline/options/call-options.js';
import { systemClock } from '../time/clock.js';

/** A time of a clock that counts from its own start; a time of the wall clock is a mistake. */
export const timeSchema = (says: string) =>
  z.custom<number>(
    (value) =>
      typeof value === 'number' && !Number.isNaN(value) && !isWallClock(value, systemClock.now()),
    { error: says },
  );
