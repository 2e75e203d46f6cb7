/** Which of our own errors something is, whichever copy of this package made it. */
import type { RejectedError, ResilienceError, TimeoutError } from './errors.js';

const RESILIENCE: unique symbol = Symbol.for('holdfast.ResilienceError');
const REJECTED: unique symbol = Symbol.for('holdfast.RejectedError');
const TIMEOUT: unique symbol = Symbol.for('holdfast.TimeoutError');

interface Branded {
  readonly [RESILIENCE]?: unknown;
  readonly [REJECTED]?: unknown;
  readonly [TIMEOUT]?: unknown;
}

// What the engine asks of each refusal and failure. One function for each, since a property whose name is a constant is found at once; and
// `instanceof` would cost as much as the refusal itself.

/** Whether it is a ResilienceError of whatever copy. Never throws. */
export function isResilienceError(value: unknown): value is ResilienceError {
  try {
    return typeof value === 'object' && value !== null && (value as Branded)[RESILIENCE] === true;
  } catch {
    return false;
  }
}

/** Whether it is a RejectedError of whatever copy. Never throws. */
export function isRejectedError(value: unknown): value is RejectedError {
  try {
    return typeof value === 'object' && value !== null && (value as Branded)[REJECTED] === true;
  } catch {
    return false;
  }
}

/** Whether it is a TimeoutError of whatever copy. Never throws. */
export function isTimeoutError(value: unknown): value is TimeoutError {
  try {
    return typeof value === 'object' && value !== null && (value as Branded)[TIMEOUT] === true;
  } catch {
    return false;
  }
}
