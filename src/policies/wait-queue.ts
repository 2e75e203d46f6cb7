/** A place in a queue. */
export interface Waiter<T> {
  readonly item: T;
  queued: boolean;
  previous: Waiter<T> | undefined;
  next: Waiter<T> | undefined;
}

/** First come, first served. Any waiter may leave at any time. All operations are O(1). */
export class WaitQueue<T> {
  #head: Waiter<T> | undefined;
  #tail: Waiter<T> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The waiter that has waited longest. */
  get first(): T | undefined {
    return this.#head?.item;
  }

  /** Joins at the end. */
  join(item: T): Waiter<T> {
    const waiter: Waiter<T> = { item, queued: true, previous: this.#tail, next: undefined };
    if (this.#tail === undefined) this.#head = waiter;
    else this.#tail.next = waiter;
    this.#tail = waiter;
    this.#length++;
    return waiter;
  }

  /** Leaves the queue. `false` when the waiter was no longer in it. */
  leave(waiter: Waiter<T>): boolean {
    if (!waiter.queued) return false;
    const { previous, next } = waiter;
    if (previous === undefined) this.#head = next;
    else previous.next = next;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
    waiter.queued = false;
    waiter.previous = undefined;
    waiter.next = undefined;
    this.#length--;
    return true;
  }

  /** Takes the waiter that has waited longest. */
  shift(): T | undefined {
    const head = this.#head;
    if (head === undefined) return undefined;
    this.leave(head);
    return head.item;
  }

  /** Takes the waiter that joined last. */
  pop(): T | undefined {
    const tail = this.#tail;
    if (tail === undefined) return undefined;
    this.leave(tail);
    return tail.item;
  }
}
