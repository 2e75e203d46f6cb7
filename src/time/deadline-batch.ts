/** What waits until its time comes. It has a place in one batch at a time. */
export interface Waiting {
  /** Where it waits. `undefined` before, and once its time has come or it was taken back. */
  waitsIn: DeadlineBatch | undefined;
  /** Its place there. */
  waitsAt: number;
  /** Its time has come: it was up at `atMs`. */
  expire(atMs: number): void;
}

/** The queue that a batch belongs to. */
export interface BatchOwner {
  /** Nothing waits in the batch any more. */
  emptied(batch: DeadlineBatch): void;
}

/** The time of a batch that gets its stamp at the next tick. */
export const UNSTAMPED = -1;

/** A batch with fewer gaps than this is not closed up. */
const MIN_GAPS = 32;

/** Deadlines that pass at the same time, in the order in which they were set. */
export class DeadlineBatch {
  readonly queue: BatchOwner;
  /** When they pass, in the clock's milliseconds. */
  at = UNSTAMPED;
  previous: DeadlineBatch | undefined = undefined;
  next: DeadlineBatch | undefined = undefined;
  /** With gaps where some were taken back. What is behind `end` is empty. */
  entries: (Waiting | undefined)[] = [];
  end = 0;
  /** How many gaps there are. */
  gaps = 0;
  /** All before this place are gaps. */
  #start = 0;

  constructor(queue: BatchOwner) {
    this.queue = queue;
  }

  get empty(): boolean {
    return this.gaps === this.end;
  }

  /** Puts one at the end. */
  add(entry: Waiting): void {
    const { end } = this;
    this.entries[end] = entry;
    this.end = end + 1;
    entry.waitsAt = end;
    entry.waitsIn = this;
  }

  /** Takes one back. Most are taken back while they are the last one, and have no stamp yet. */
  remove(entry: Waiting): void {
    const place = entry.waitsAt;
    entry.waitsIn = undefined;
    this.entries[place] = undefined;
    if (place === this.end - 1 && this.at === UNSTAMPED) this.end = place;
    else this.#leaveGap();
  }

  /** Takes the first one out. */
  shift(): Waiting | undefined {
    while (this.#start < this.end) {
      const place = this.#start++;
      const entry = this.entries[place];
      if (entry === undefined) continue;
      entry.waitsIn = undefined;
      this.entries[place] = undefined;
      this.#leaveGap();
      return entry;
    }
    return undefined;
  }

  /** Sets when they pass. After that, only one that passes at the same time may be added. */
  stamp(at: number): void {
    this.at = at;
    this.#closeGaps();
    // An array that has grown has room for more, which is not needed now.
    this.entries = this.entries.slice();
  }

  #leaveGap(): void {
    this.gaps++;
    if (this.empty) {
      this.#closeGaps();
      this.queue.emptied(this);
    } else if (this.gaps >= MIN_GAPS && 2 * this.gaps > this.end) {
      this.#closeGaps();
    }
  }

  #closeGaps(): void {
    const { entries } = this;
    let count = 0;
    for (let place = this.#start; this.gaps > 0 && place < this.end; place++) {
      const entry = entries[place];
      if (entry === undefined) continue;
      entry.waitsAt = count;
      entries[count++] = entry;
    }
    if (this.gaps > 0) this.end = count;
    entries.length = this.end;
    this.gaps = 0;
    this.#start = 0;
  }
}
