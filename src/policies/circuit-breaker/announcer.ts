import type { Home } from '../../pipeline/call/async-context.js';
import { homeHere } from '../../pipeline/call/async-context.js';
import type { EventBody } from '../../pipeline/contract/events.js';
import { reportFault } from '../../pipeline/reporting/faults.js';

/** Receives what happens to a breaker, and the number of the call that caused it. */
export type Subscriber = (event: EventBody, callId: number | undefined) => void;

interface Announcement {
  readonly event: EventBody;
  readonly callId: number | undefined;
  /** Where it happened, if it is told later. */
  readonly home: Home | undefined;
}

/**
 * Tells every subscriber about every event, in the order in which the events happened. That holds even when a subscriber causes further
 * events while it is told.
 */
export class Announcer {
  readonly #subscribers = new Set<Subscriber>();
  readonly #events: Announcement[] = [];

  /** Whether anybody listens: ask before building an event. */
  get active(): boolean {
    return this.#subscribers.size > 0;
  }

  subscribe(subscriber: Subscriber): () => void {
    const entry: Subscriber = (event, callId) => subscriber(event, callId);
    this.#subscribers.add(entry);
    return () => this.#subscribers.delete(entry);
  }

  announce(event: EventBody, callId: number | undefined): void {
    // Called by a subscriber: the loop below will tell it.
    const later = this.#events.length > 0;
    this.#events.push({ event, callId, home: later ? homeHere() : undefined });
    if (later) return;
    for (const each of this.#events) {
      if (each.home === undefined) this.#tell(each);
      else each.home.runInAsyncScope(this.#tell, this, each);
    }
    this.#events.length = 0;
  }

  #tell({ event, callId }: Announcement): void {
    for (const subscriber of [...this.#subscribers]) {
      try {
        subscriber(event, callId);
      } catch (error) {
        reportFault('a subscriber of a circuit breaker', error);
      }
    }
  }
}
