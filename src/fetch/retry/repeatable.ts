import { IDEMPOTENCY_KEY, readHeader } from '../request/headers.js';
import { normaliseMethod } from '../request/method.js';
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

/** What decides whether a request may be sent twice. */
export interface Repeatability {
  /** The request's method. Default: GET. */
  readonly method?: string | undefined;
  /** The request's headers, in any form; only read. */
  readonly headers?: HeadersSource | null | undefined;
  /** The caller's own word, which is final either way. Default: decided by method and headers. */
  readonly idempotent?: boolean | undefined;
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
