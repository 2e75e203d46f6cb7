import { endsWithParent } from './deadlines.js';
import type { GrpcCallOptions } from './types.js';

/** A call of a server, as far as its cancellation can be heard. */
interface Cancellable {
  readonly cancelled?: unknown;
  on?(event: 'cancelled', listener: () => void): unknown;
  removeListener?(event: 'cancelled', listener: () => void): unknown;
}

/**
 * Calls back when the served call that a call is made for is cancelled. `@grpc/grpc-js` would add a listener for each attempt, and take none of
 * them back.
 *
 * @returns A function that stops it.
 */
export function followParent(options: GrpcCallOptions, onCancelled: () => void): () => void {
  if (!endsWithParent(options)) return () => {};
  const parent = options.parent as Cancellable;
  if (parent.cancelled === true) {
    onCancelled();
    return () => {};
  }
  parent.on?.('cancelled', onCancelled);
  return () => parent.removeListener?.('cancelled', onCancelled);
}
