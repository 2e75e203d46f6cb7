/** What a server asks for with `grpc-retry-pushback-ms`: to wait this many milliseconds, or not to repeat the call at all. */
export type Pushback = number | 'never';

/** The name of the metadata. */
export const PUSHBACK = 'grpc-retry-pushback-ms';

const WHOLE = /^\d{1,10}$/;
/** The metadata is a 32-bit integer. */
const MAX_MS = 2 ** 31 - 1;

/**
 * Reads the values of `grpc-retry-pushback-ms`, as gRPC's A6 has it. A negative value, or anything that is no whole number, forbids another
 * attempt. So do several values, which ask for no one wait.
 *
 * @param values all of them; `undefined` if there are none.
 */
export function readPushback(values: readonly unknown[]): Pushback | undefined {
  if (values.length === 0) return undefined;
  const [value] = values;
  if (values.length > 1 || typeof value !== 'string' || !WHOLE.test(value)) return 'never';
  const ms = Number(value);
  return ms <= MAX_MS ? ms : 'never';
}
