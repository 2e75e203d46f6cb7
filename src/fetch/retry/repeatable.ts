import { IDEMPOTENCY_KEY, readHeader } from '../request/headers.js';
import { normaliseMethod } from '../request/method.js';
import type { HeadersSource } from '../types.js';

/** Idempotent methods of RFC 9110 section 9.2.2, and QUERY by its own definition. */
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
  /** The request's headers, in any form. They are only read. */
  readonly headers?: HeadersSource | null | undefined;
  /** The caller's own decision, which is final. Default: method and headers decide. */
  readonly idempotent?: boolean | undefined;
}

/**
 * Whether sending this request twice has the same effect as sending it once. Then it may be repeated
 * even if the first one may have arrived. That holds for GET, HEAD, OPTIONS, TRACE, PUT, DELETE and QUERY, for any
 * method with an `Idempotency-Key` header, and for what the caller declares `idempotent`.
 * `idempotent: false` forbids it for all of these.
 */
export function mayRepeat(request: Repeatability): boolean {
  if (request.idempotent !== undefined) return request.idempotent;
  if (REPEATABLE_METHODS.has(normaliseMethod(request.method))) return true;
  const key = readHeader(request.headers, IDEMPOTENCY_KEY);
  return key !== undefined && key.trim() !== '';
}
