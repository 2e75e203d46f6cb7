import { readHeader } from '../request/headers.js';
import type { HeadersSource } from '../types.js';

/** Idempotent by RFC 9110 section 9.2.2, and QUERY by its own definition. */
const REPEATABLE_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
  'QUERY',
]);

/** Written in any case, these go out in upper case; all other methods go out as written. */
const NORMALISED_METHODS: ReadonlySet<string> = new Set([
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'POST',
  'PUT',
  // Newer implementations only; where it goes out as written, no server takes it for anything else.
  'QUERY',
]);

/** The header by which a server recognises a request it has already served. */
export const IDEMPOTENCY_KEY = 'idempotency-key';

/** What decides whether a request may be sent twice. */
export interface Repeatability {
  /** The request's method. Default: GET. */
  readonly method?: string | undefined;
  /** The request's headers, in any form; only read. */
  readonly headers?: HeadersSource | null | undefined;
  /** The caller's own word, which is final either way. Default: decided by method and headers. */
  readonly idempotent?: boolean | undefined;
}

/** The method as it goes over the wire. */
export function normaliseMethod(method: string | undefined): string {
  if (method === undefined) return 'GET';
  const upper = method.toUpperCase();
  return NORMALISED_METHODS.has(upper) ? upper : method;
}

/**
 * Whether sending this request twice has the effect of sending it once, so that it may be repeated
 * although the first one may have arrived: GET, HEAD, OPTIONS, TRACE, PUT, DELETE and QUERY, any
 * method with an `Idempotency-Key` header, and whatever the caller declares `idempotent`.
 * `idempotent: false` forbids it for all of these.
 */
export function mayRepeat(request: Repeatability): boolean {
  if (request.idempotent !== undefined) return request.idempotent;
  if (REPEATABLE_METHODS.has(normaliseMethod(request.method))) return true;
  const key = readHeader(request.headers, IDEMPOTENCY_KEY);
  return key !== undefined && key.trim() !== '';
}
