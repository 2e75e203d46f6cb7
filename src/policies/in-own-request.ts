import type { Clock } from '../time/clock.js';

/** How often a waiter looks, in milliseconds. */
const LOOK_MS = 10;

/** Of a place in a queue: whether it is still in it. */
interface Queued {
  readonly queued: boolean;
}

/**
 * For a host on which a promise belongs to a request, so that no other one may settle it: the waiter looks by itself, on a timer of its own,
 * whether it has been answered. The timer also tells the host that the request is not hung.
 *
 * @param answer Lets the waiter go on: called in the course of its own request.
 * @param serve Admits those whose turn has come, since no timer that others share can be relied on.
 * @returns What stands in for `answer` and may be called in the course of any request.
 */
export function inOwnRequest<T>(
  clock: Clock,
  place: Queued,
  answer: (value: T) => void,
  serve: () => void,
): (value: T) => void {
  let given: { readonly value: T } | undefined;
  const look = (): void => {
    if (given === undefined && place.queued) serve();
    if (given !== undefined) answer(given.value);
    // One that has left without an answer gave up.
    else if (place.queued) clock.setTimer(look, LOOK_MS);
  };
  clock.setTimer(look, LOOK_MS);
  return (value) => {
    given = { value };
  };
}
