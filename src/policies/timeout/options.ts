import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { Duration } from '../../time/duration.js';
import { durationIn, durationSchema } from '../../time/duration.js';
import { timeoutNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';
import type { Ruled } from '../ruled.js';

/** Options of {@link timeout}. */
export interface TimeoutOptions extends Named {
  /** How long everything inside may take: finite, >= 0. Required. */
  readonly duration: Duration;
}

/** The schema of {@link TimeoutOptions}. */
export const timeoutSchema = /* @__PURE__ */ once(() =>
  z.strictObject({ duration: durationSchema(), ...namedShape() }),
);

/** Options with everything filled in. */
export type ResolvedTimeout = z.output<ReturnType<typeof timeoutSchema>> & Ruled;

/** @throws ConfigError */
export function resolveTimeout(options: Duration | TimeoutOptions): ResolvedTimeout {
  // A duration alone needs no schema. Only the message for a wrong one does.
  const isObject = typeof options === 'object' && options !== null;
  const duration = isObject ? undefined : durationIn(options);
  if (duration !== undefined) return { duration };
  const given = isObject ? options : { duration: options };
  return parseOptions(timeoutSchema, given, 'timeout', hintFrom(timeoutNames));
}
