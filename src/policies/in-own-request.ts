import type { Clock } from '../time/clock.js';

/** How often a waiter looks, in milliseconds. */
const LOOK_MS = 10;

/** A place in a queue. */
interface Queued {
  readonly queued: boolean;
}

/** Lets a waiter hear, within its own request, what others tell it. */
export interface OwnRequest<T> {
  /** Tells it the answer. Any request may do so. */
  tell(value: T): void;
  /** Lets the waiter hear what it was told. Only its own request may do so. */
  hear(): void;
}

/**
 * For a host on which a promise belongs to a request, so that no other request may settle it. The waiter looks for its answer itself, on a
 * timer of its own. That timer also shows the host that the request is not hung.
 *
 * @param answer Lets the waiter go on.
 * @param serve Admits the waiters whose turn has come. The waiter calls it itself, because it cannot rely on a shared timer.
 */
export function inOwnRequest<T>(
  clock: Clock,
  place: Queued,
  answer: (value: T) => void,
  serve: () => void,
): OwnRequest<T> {
  let told: { readonly value: T } | undefined;
  let heard = false;
  const hear = (): void => {
    if (told === undefined || heard) return;
    heard = true;
    answer(told.value);
  };
  const look = (): void => {
    if (told === undefined && place.queued) serve();
    hear();
    // A waiter that left without an answer gave up.
    if (!heard && place.queued) clock.setTimer(look, LOOK_MS);
  };
  clock.setTimer(look, LOOK_MS);
  return {
    tell: (value) => {
      told ??= { value };
    },
    hear,
  };
}
