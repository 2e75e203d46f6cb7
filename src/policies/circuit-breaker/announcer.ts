import type { EventBody } from '../../pipeline/events.js';
import { reportFault } from '../../pipeline/events.js';

/** Receives what happens to a breaker. */
export type Subscriber = (event: EventBody) => void;

/**
 * Tells every subscriber of every event, in the order in which the events happened: also when a subscriber causes further
 * ones while it is told.
 */
export class Announcer {
  readonly #subscribers = new Set<Subscriber>();
  readonly #events: EventBody[] = [];

  /** Whether anybody listens: ask before building an event. */
  get active(): boolean {
    return this.#subscribers.size > 0;
  }

  subscribe(subscriber: Subscriber): () => void {
    const entry: Subscriber = (event) => subscriber(event);
    this.#subscribers.add(entry);
    return () => this.#subscribers.delete(entry);
  }

  announce(event: EventBody): void {
    this.#events.push(event);
    // Otherwise this was called by a subscriber, and the loop below comes to it.
    if (this.#events.length > 1) return;
    for (const each of this.#events) this.#tell(each);
    this.#events.length = 0;
  }

  #tell(event: EventBody): void {
    for (const subscriber of [...this.#subscribers]) {
      try {
        subscriber(event);
      } catch (error) {
        reportFault('a subscriber of a circuit breaker', error);
      }
    }
  }
}
