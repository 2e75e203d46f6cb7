import { formatGrpcTimeout, parseGrpcTimeout } from '../grpc-timeout.js';
import { PREVIOUS_ATTEMPTS, previousAttempts } from '../previous-attempts.js';

const GRPC_TIMEOUT = 'grpc-timeout';
const CONNECT_TIMEOUT = 'connect-timeout-ms';

/** Connect's: at most ten digits. */
const CONNECT_FORMAT = /^\d{1,10}$/;
const MAX_CONNECT_MS = 9_999_999_999;

/** The part of Headers that is read and written. */
interface SomeHeaders {
  get(name: string): string | null;
  set(name: string, value: string): void;
  delete(name: string): void;
}

/** The time in milliseconds that the caller gave the call with `timeoutMs`, which a transport has put into its headers by now; `undefined` without one. */
export function timeoutIn(headers: SomeHeaders): number | undefined {
  const connect = headers.get(CONNECT_TIMEOUT);
  if (connect !== null) return CONNECT_FORMAT.test(connect) ? Number(connect) : undefined;
  return parseGrpcTimeout(headers.get(GRPC_TIMEOUT));
}

/**
 * Sets the headers of one attempt: how often the call was sent before, and the time that is left.
 *
 * @param leftMs `Infinity` for no limit: then what the headers say stays.
 */
export function setAttemptHeaders(headers: SomeHeaders, attempt: number, leftMs: number): void {
  const before = previousAttempts(attempt);
  if (before === undefined) headers.delete(PREVIOUS_ATTEMPTS);
  else headers.set(PREVIOUS_ATTEMPTS, before);
  if (leftMs === Infinity) return;
  if (headers.get('content-type')?.startsWith('application/grpc') === true) {
    const text = formatGrpcTimeout(leftMs);
    if (text !== undefined) headers.set(GRPC_TIMEOUT, text);
  } else {
    const ms = Math.min(MAX_CONNECT_MS, Math.max(1, Math.ceil(leftMs)));
    headers.set(CONNECT_TIMEOUT, String(ms));
  }
}
