/** The header `grpc-timeout`: at most eight digits and a unit. */

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};
const FORMAT = /^(\d{1,8})([HMSmun])$/;
const MAX_VALUE = 99_999_999;
/** From the finest unit on that is of use for a time in milliseconds. */
const UNITS = ['m', 'S', 'M', 'H'] as const;

/** The milliseconds in a `grpc-timeout`; `undefined` if it is none. */
export function parseGrpcTimeout(text: unknown): number | undefined {
  const match = typeof text === 'string' ? FORMAT.exec(text) : null;
  const unitMs = UNIT_MS[match?.[2] ?? ''];
  return match === null || unitMs === undefined ? undefined : Number(match[1]) * unitMs;
}

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
