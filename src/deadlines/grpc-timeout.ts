/** The milliseconds in each unit of `grpc-timeout`. */
export const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};
const FORMAT = /^(\d{1,8})([HMSmun])$/;

/** The milliseconds in a `grpc-timeout`, which is at most eight digits and a unit; `undefined` if it is none. */
export function parseGrpcTimeout(text: unknown): number | undefined {
  const match = typeof text === 'string' ? FORMAT.exec(text) : null;
  const unitMs = UNIT_MS[match?.[2] ?? ''];
  return match === null || unitMs === undefined ? undefined : Number(match[1]) * unitMs;
}
