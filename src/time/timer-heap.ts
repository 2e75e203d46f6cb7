/** A timer of a virtual clock. */
export interface VirtualTimer {
  readonly dueMs: number;
  /** The order in which timers were set. Timers that are due at the same time fire in this order. */
  readonly order: number;
  readonly callback: () => void;
  /** Its index in the heap, while it is in one. */
  place: number;
}

/** Timers by due time. It is a binary heap from which any timer can be removed. */
export class TimerHeap {
  readonly #timers: VirtualTimer[] = [];

  get size(): number {
    return this.#timers.length;
  }

  /** The timer that is due first, if there is one. */
  get first(): VirtualTimer | undefined {
    return this.#timers[0];
  }

  has(timer: VirtualTimer): boolean {
    return this.#timers[timer.place] === timer;
  }

  add(timer: VirtualTimer): void {
    this.#timers.push(timer);
    this.#rise(timer, this.#timers.length - 1);
  }

  /** Removes a timer that is in the heap. */
  remove(timer: VirtualTimer): void {
    const place = timer.place;
    const last = this.#timers.pop() as VirtualTimer;
    if (last === timer) return;
    this.#sink(last, place);
    this.#rise(last, last.place);
  }

  #rise(timer: VirtualTimer, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#timers[above] as VirtualTimer;
      if (isBefore(parent, timer)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(timer, place);
  }

  #sink(timer: VirtualTimer, from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      const right = left + 1;
      let child = this.#timers[left];
      if (child === undefined) break;
      const other = this.#timers[right];
      if (other !== undefined && isBefore(other, child)) child = other;
      if (isBefore(timer, child)) break;
      const below = child.place;
      this.#put(child, place);
      place = below;
    }
    this.#put(timer, place);
  }

  #put(timer: VirtualTimer, place: number): void {
    this.#timers[place] = timer;
    timer.place = place;
  }
}

function isBefore(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
