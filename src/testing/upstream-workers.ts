/**
 * A fixed number of workers with a queue before them, first come, first served. It has no clock and no timers: the code
 * that takes a worker says when it is free again.
 */
export class Workers {
  #workers = Number.MAX_SAFE_INTEGER;
  #maxQueued = 0;
  #busy = 0;
  readonly #queue: (() => void)[] = [];

  /** How many wait for a worker. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Changes the limits. Those who wait already stay in the queue, whatever its new limit. */
  resize(workers: number, maxQueued: number): void {
    this.#workers = workers;
    this.#maxQueued = maxQueued;
    this.#startNext();
  }

  /** Calls `start` with a worker, now or when its turn comes. Returns `false` when the queue is full. */
  take(start: () => void): boolean {
    if (this.#busy < this.#workers) {
      this.#busy += 1;
      start();
      return true;
    }
    if (this.#queue.length >= this.#maxQueued) return false;
    this.#queue.push(start);
    return true;
  }

  /** Makes a worker free again. To be called once for each `start` called. */
  release(): void {
    this.#busy -= 1;
    this.#startNext();
  }

  /** Empties the queue. Those who wait never start. */
  clear(): void {
    this.#queue.length = 0;
  }

  #startNext(): void {
    while (this.#busy < this.#workers) {
      const start = this.#queue.shift();
      if (start === undefined) return;
      this.#busy += 1;
      start();
    }
  }
}
