import { describe } from '../../config/describe.js';
import type { Outcome } from '../../pipeline/outcome.js';

/** What opened a breaker, as a snapshot has it. */
export interface CauseRecord {
  readonly name: string;
  readonly message: string;
}

/** What a failed outcome says of itself: the error, or one made for a result that counts as a failure. */
export function causeOf(outcome: Outcome): unknown {
  if (outcome.kind !== 'success') return outcome.error;
  const status = statusOf(outcome.value);
  // Not the result itself: it may be large, and is the caller's to use up.
  return new Error(`the result counts as a failure${status === undefined ? '' : `: ${status}`}`);
}

/** A response says by its status what is wrong. */
function statusOf(value: unknown): number | undefined {
  const status = read(value, 'status') ?? read(value, 'statusCode');
  return typeof status === 'number' ? status : undefined;
}

/** The words of a cause. Errors are anybody's, so whatever cannot be read is described. */
export function recordOf(cause: unknown): CauseRecord {
  const name = read(cause, 'name');
  const message = read(cause, 'message');
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : describe(cause),
  };
}

/** An error of these words, for a breaker that goes on from a snapshot. */
export function causeFrom({ name, message }: CauseRecord): Error {
  const error = new Error(message);
  const property = (value: string) => ({ value, writable: true, configurable: true });
  // Where it was made would lead astray.
  return Object.defineProperties(error, {
    name: property(name),
    stack: property(`${name}: ${message}`),
  });
}

function read(value: unknown, key: string): unknown {
  try {
    return typeof value === 'object' && value !== null
      ? (value as { readonly [key: string]: unknown })[key]
      : undefined;
  } catch {
    return undefined;
  }
}
