/** The header `grpc-timeout`: at most eight digits and a unit. */

import { parseGrpcTimeout, UNIT_MS } from '../deadlines/grpc-timeout.js';

export { parseGrpcTimeout };

const MAX_VALUE = 99_999_999;
/** From the finest unit on that is of use for a time in milliseconds. */
const UNITS = ['m', 'S', 'M', 'H'] as const;

/**
 * The `grpc-timeout` for what is left of a deadline, in milliseconds. It is rounded up, and 0 for a deadline that has passed. `undefined` for no
 * deadline, or one that the header cannot tell: more than 11,000 years.
 */
export function formatGrpcTimeout(ms: number): string | undefined {
  if (Number.isNaN(ms)) return undefined;
  const left = Math.max(0, ms);
  for (const unit of UNITS) {
    const value = Math.ceil(left / (UNIT_MS[unit] as number));
    if (value <= MAX_VALUE) return `${value}${unit}`;
  }
  return undefined;
}
