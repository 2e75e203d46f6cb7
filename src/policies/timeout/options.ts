import * as z from 'zod';
import { parseOptions } from '../../config/validate.js';
import type { Duration } from '../../time/duration.js';
import { durationSchema } from '../../time/duration.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';

/** Options of {@link timeout}. */
export interface TimeoutOptions extends Named {
  /** How long everything inside may take: finite, >= 0. Required. */
  readonly duration: Duration;
}

/** The schema of {@link TimeoutOptions}. */
export const timeoutSchema = z.strictObject({ duration: durationSchema, ...namedShape });

/** Options with everything filled in. */
export type ResolvedTimeout = z.output<typeof timeoutSchema>;

/** @throws ConfigError */
export function resolveTimeout(options: Duration | TimeoutOptions): ResolvedTimeout {
  const given = typeof options === 'object' && options !== null ? options : { duration: options };
  return parseOptions(timeoutSchema, given, 'timeout');
}
