import { ContractError } from '../../errors.js';
import type { HeadersSource } from '../types.js';
import { IDEMPOTENCY_KEY, readHeader, withHeader } from './headers.js';

/** The opt-in headers with which one attempt is sent, by lower-case name. */
export interface AttemptHeaders {
  /** Name of the header that carries the milliseconds left until the call's deadline. */
  readonly deadline?: string | undefined;
  /** Name of the header that carries the number of the attempt, 1 for the first. */
  readonly attempt?: string | undefined;
}

/**
 * The milliseconds left, as the deadline header carries them. They are rounded down, so that the server never
 * believes it has more than there is. `0` when the time is over.
 *
 * @returns `undefined` when there is no deadline, so that no header is sent.
 */
export function deadlineValue(msLeft: number): string | undefined {
  if (!Number.isFinite(msLeft)) return undefined;
  return String(Math.floor(Math.max(0, msLeft)));
}

/**
 * The headers of one attempt: a copy with the deadline and attempt headers set, or the same object
 * when neither is wanted.
 */
export function withAttemptHeaders<H extends HeadersSource | null | undefined>(
  headers: H,
  names: AttemptHeaders,
  attempt: number,
  msLeft: number,
): H | HeadersSource {
  let result: H | HeadersSource = headers;
  const left = deadlineValue(msLeft);
  if (names.deadline !== undefined && left !== undefined) {
    result = withHeader(result, names.deadline, left) as HeadersSource;
  }
  if (names.attempt !== undefined) {
    result = withHeader(result, names.attempt, String(attempt)) as HeadersSource;
  }
  return result;
}

/** The characters of a structured string, escaped or not: printable ASCII (RFC 8941, 3.3.3). */
const PRINTABLE = /^[\x20-\x7e]+$/;
const QUOTED = /^"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])+"$/;

/**
 * An idempotency key as the header carries it: a quoted string. A key that is quoted already stays.
 *
 * @throws ContractError when it is empty or has characters that a header's string cannot have.
 */
export function quoteKey(key: string): string {
  if (QUOTED.test(key)) return key;
  if (typeof key !== 'string' || !PRINTABLE.test(key)) {
    throw new ContractError(
      `idempotencyKey: ${JSON.stringify(key)} cannot be sent; it has to be a string of printable ASCII characters, at least one`,
    );
  }
  return `"${key.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * The headers of a call with its idempotency key. The key is made once, so that all attempts send the same. A key that
 * the caller has set stays.
 *
 * @param makeKey default: a random UUID.
 * @throws ContractError when `makeKey` returns something that cannot be sent.
 */
export function withIdempotencyKey(
  headers: HeadersSource | null | undefined,
  makeKey: () => string = randomKey,
): HeadersSource {
  const own = readHeader(headers, IDEMPOTENCY_KEY);
  if (own !== undefined && own.trim() !== '') return headers as HeadersSource;
  return withHeader(headers, IDEMPOTENCY_KEY, quoteKey(makeKey())) as HeadersSource;
}

function randomKey(): string {
  return globalThis.crypto.randomUUID();
}
