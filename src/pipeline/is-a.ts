import { isBranded, REJECTED } from '../copies.js';
import type { RejectedError } from '../errors.js';

/** `instanceof` for what anybody may throw: a Proxy can refuse even that question, and a call has to end all the same. */
export function isA<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** Whether it is a RejectedError, of whatever copy of this package; cheaper than `instanceof`. */
export function isRejection(value: unknown): value is RejectedError {
  return isBranded(value, REJECTED);
}
