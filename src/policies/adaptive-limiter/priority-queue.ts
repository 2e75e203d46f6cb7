import type { Waiter } from '../wait-queue.js';
import { WaitQueue } from '../wait-queue.js';

/** A waiter. A higher level is more important. */
interface Ranked {
  readonly level: number;
}

interface Line<T> {
  readonly level: number;
  readonly queue: WaitQueue<T>;
}

/**
 * More important waiters come first. Among equals it is first come, first served. Any waiter may leave at any time. The cost grows with the number
 * of different levels in the queue, which are few, and not with the number of waiters.
 */
export class PriorityQueue<T extends Ranked> {
  /** The most important first. None is empty. */
  readonly #lines: Line<T>[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Whether a call of this level would be served before all waiting ones. */
  isNext(level: number): boolean {
    const first = this.#lines[0];
    return first === undefined || first.level < level;
  }

  /** Joins behind all waiters that are at least as important. */
  join(item: T): Waiter<T> {
    const { level } = item;
    const at = this.#placeOf(level);
    let line = this.#lines[at];
    if (line?.level !== level) {
      line = { level, queue: new WaitQueue() };
      this.#lines.splice(at, 0, line);
    }
    this.#length++;
    return line.queue.join(item);
  }

  /** Leaves the queue. `false` when the waiter was no longer in it. */
  leave(waiter: Waiter<T>): boolean {
    if (!waiter.queued) return false;
    const at = this.#placeOf(waiter.item.level);
    this.#lines[at]?.queue.leave(waiter);
    this.#oneLess(at);
    return true;
  }

  /** Takes the one to serve next. */
  shift(): T | undefined {
    const item = this.#lines[0]?.queue.shift();
    if (item !== undefined) this.#oneLess(0);
    return item;
  }

  /** Takes the newest of the least important, if those are less important than `level`. */
  displace(level: number): T | undefined {
    const last = this.#lines.length - 1;
    const line = this.#lines[last];
    if (line === undefined || line.level >= level) return undefined;
    const item = line.queue.pop();
    this.#oneLess(last);
    return item;
  }

  /** The index of this level's line, or where it would be. */
  #placeOf(level: number): number {
    let at = 0;
    while (at < this.#lines.length && (this.#lines[at] as Line<T>).level > level) at++;
    return at;
  }

  #oneLess(at: number): void {
    this.#length--;
    if (this.#lines[at]?.queue.length === 0) this.#lines.splice(at, 1);
  }
}
