/** A call in its slot. */
export class Stay {
  readonly startedMs: number;
  /** A call that takes longer than this is useless. */
  readonly usefulMs: number;
  /** Whether that comes from a deadline, and not from what calls usually take. */
  readonly hasDeadline: boolean;
  /** It has been found useless while it was in flight. */
  judged = false;
  previous: Stay | undefined = undefined;
  next: Stay | undefined = undefined;

  constructor(startedMs: number, usefulMs: number, hasDeadline: boolean) {
    this.startedMs = startedMs;
    this.usefulMs = usefulMs;
    this.hasDeadline = hasDeadline;
  }
}

/** Calls in flight that have not been judged, in the order in which they started. */
export class Stays {
  #head: Stay | undefined;
  #tail: Stay | undefined;

  add(stay: Stay): void {
    const tail = this.#tail;
    stay.previous = tail;
    if (tail === undefined) this.#head = stay;
    else tail.next = stay;
    this.#tail = stay;
  }

  remove(stay: Stay): void {
    const { previous, next } = stay;
    if (previous !== undefined) previous.next = next;
    else if (this.#head === stay) this.#head = next;
    else return;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
    stay.previous = undefined;
    stay.next = undefined;
  }

  /**
   * Takes out the next one that has been in flight for too long. It looks at the oldest alone: where callers have different
   * amounts of time, one that is late is found when it is the oldest, or when it ends.
   */
  takeLate(nowMs: number): Stay | undefined {
    const stay = this.#head;
    if (stay === undefined || nowMs - stay.startedMs <= stay.usefulMs) return undefined;
    this.remove(stay);
    stay.judged = true;
    return stay;
  }
}
