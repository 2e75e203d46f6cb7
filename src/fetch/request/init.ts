import type { HeadersSource } from '../types.js';
import { keepHeaders } from './headers.js';

/** fetch's second argument as an object whose fields can be replaced. */
export type InitFields = Record<string, unknown>;

/** The fields that fetch (and undici: `dispatcher`) reads from its second argument, own or inherited. */
const KNOWN_FIELDS = [
  'method',
  'headers',
  'body',
  'mode',
  'credentials',
  'cache',
  'redirect',
  'referrer',
  'referrerPolicy',
  'integrity',
  'keepalive',
  'signal',
  'duplex',
  'priority',
  'window',
  'dispatcher',
] as const;

/**
 * A copy of fetch's second argument that we may change. It keeps fields that an implementation knows beyond the standard
 * (`next`, `agent`, `proxy`). The argument may be a Request, which has its fields on the prototype.
 *
 * @throws TypeError, as fetch does, when it is no object.
 */
export function copyInit(init: object | null | undefined): InitFields {
  if (init === null || init === undefined) return {};
  if (typeof init !== 'object' && typeof init !== 'function') {
    throw new TypeError(`init: must be an object (got ${JSON.stringify(String(init))})`);
  }
  const copy: InitFields = { ...init };
  const prototype: unknown = Object.getPrototypeOf(init);
  if (prototype !== Object.prototype && prototype !== null) {
    for (const field of KNOWN_FIELDS) {
      if (field in copy || !(field in init)) continue;
      copy[field] = (init as InitFields)[field];
    }
  }
  const { headers } = copy;
  if (typeof headers === 'object' && headers !== null) {
    copy['headers'] = keepHeaders(headers as HeadersSource);
  }
  return copy;
}
