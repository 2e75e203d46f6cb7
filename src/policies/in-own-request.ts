import type { Clock } from '../time/clock.js';

/** How often a waiter looks, in milliseconds. */
const LOOK_MS = 10;

/** Of a place in a queue: whether it is still in it. */
interface Queued {
  readonly queued: boolean;
}

/** How a waiter hears in the course of its own request what others tell it. */
export interface OwnRequest<T> {
  /** Tells it the answer, in the course of any request. */
  tell(value: T): void;
  /** Has it hear now what it was told; only in the course of its own request. */
  hear(): void;
}

/**
 * For a host on which a promise belongs to a request, so that no other one may settle it: the waiter looks by itself, on a timer of its own,
 * whether it has been answered. The timer also tells the host that the request is not hung.
 *
 * @param answer Lets the waiter go on.
 * @param serve Admits those whose turn has come, since no timer that others share can be relied on.
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
    // One that has left without an answer gave up.
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
