import type { Waiter } from '../wait-queue.js';
import { WaitQueue } from '../wait-queue.js';
import { classOf, PLAIN_RANK } from './shares.js';
import { Turns } from './turns.js';

/** A waiter. */
export interface Ranked {
  /** See `Call.rank`. */
  readonly rank: number;
  /** Orders calls of one class: higher is more important. Default 0. */
  readonly level?: number;
  /** What it takes of what it waits for. Default 1. */
  readonly cost?: number;
}

interface Line<T> {
  readonly rank: number;
  readonly level: number;
  readonly queue: WaitQueue<T>;
  /** What its waiters cost together. */
  cost: number;
}

/**
 * More important waiters come first, but no class waits for ever: see {@link Turns}. Among equals it is first come, first served. Any waiter may
 * leave at any time. The cost grows with the number of different ranks in the queue, which are few, and not with the number of waiters.
 */
export class RankedQueue<T extends Ranked> {
  readonly #mayHaveTurn: (which: number) => boolean;
  /** The most important first. None is empty. */
  readonly #lines: Line<T>[] = [];
  /** Made when the first call says a class. */
  #turns: Turns | undefined;
  #length = 0;

  /** @param mayHaveTurn Whether a class may be served before more important ones. Default: each may, when it is due. */
  constructor(mayHaveTurn: (which: number) => boolean = () => true) {
    this.#mayHaveTurn = mayHaveTurn;
  }

  get length(): number {
    return this.#length;
  }

  /** The class of the most important waiter; `undefined` if nobody waits. */
  get bestClass(): number | undefined {
    const best = this.#lines[0];
    return best === undefined ? undefined : classOf(best.rank);
  }

  /** Whether a call would be served before all waiting ones. */
  isNext(ranked: Ranked): boolean {
    const first = this.#lines[0];
    return first === undefined || order(first, ranked) < 0 || this.#isMissed(ranked);
  }

  /** What the waiters cost together that are at least as important. */
  ahead(ranked: Ranked): number {
    let cost = 0;
    for (const line of this.#lines) if (order(line, ranked) >= 0) cost += line.cost;
    return cost;
  }

  /** Joins behind all waiters that are at least as important. */
  join(item: T): Waiter<T> {
    const { rank, level = 0 } = item;
    const at = this.#placeOf(item);
    let line = this.#lines[at];
    if (line === undefined || order(line, item) !== 0) {
      line = { rank, level, queue: new WaitQueue(), cost: 0 };
      this.#lines.splice(at, 0, line);
      if (classOf(rank) !== classOf(PLAIN_RANK)) this.#turns ??= new Turns();
    }
    this.#length++;
    line.cost += costOf(item);
    return line.queue.join(item);
  }

  /** Leaves the queue. `false` when the waiter was no longer in it. */
  leave(waiter: Waiter<T>): boolean {
    if (!waiter.queued) return false;
    const at = this.#placeOf(waiter.item);
    this.#lines[at]?.queue.leave(waiter);
    this.#oneLess(at, waiter.item);
    return true;
  }

  /** The one to serve next. */
  get next(): T | undefined {
    return this.#lines[this.#next()]?.queue.first;
  }

  /** Takes that one out. `served`: it counts as its class's turn, if it has one. */
  shift(served = true): T | undefined {
    const at = this.#next();
    const line = this.#lines[at];
    if (line === undefined) return undefined;
    if (served) this.#turns?.served(classOf(line.rank));
    const item = line.queue.shift();
    if (item !== undefined) this.#oneLess(at, item);
    return item;
  }

  /** Whether a waiter would lose its place to this call. */
  yieldsTo(ranked: Ranked): boolean {
    return this.#victimOf(ranked) >= 0;
  }

  /**
   * Takes the newest of the least important out, if those are less important than this call, or if it is the turn of this call's class. A class
   * whose turn it is keeps its last place.
   */
  displace(ranked: Ranked): T | undefined {
    const at = this.#victimOf(ranked);
    const item = this.#lines[at]?.queue.pop();
    if (item !== undefined) this.#oneLess(at, item);
    return item;
  }

  #victimOf(ranked: Ranked): number {
    let at = this.#lines.length - 1;
    while (at >= 0 && this.#keepsLast(at, ranked)) at--;
    const line = this.#lines[at];
    const yields = line !== undefined && (order(line, ranked) < 0 || this.#isMissed(ranked));
    return yields ? at : -1;
  }

  /** The last waiter of another class whose turn it is. */
  #keepsLast(at: number, ranked: Ranked): boolean {
    const { rank, queue } = this.#lines[at] as Line<T>;
    const which = classOf(rank);
    if (which === classOf(ranked.rank) || queue.length > 1 || !this.#isTurnOf(which)) return false;
    return this.#lines.every((line, i) => i === at || classOf(line.rank) !== which);
  }

  /** Whether it is the turn of the call's class, and none of it waits. */
  #isMissed({ rank }: Ranked): boolean {
    const which = classOf(rank);
    return this.#isTurnOf(which) && this.#lines.every((line) => classOf(line.rank) !== which);
  }

  #isTurnOf(which: number): boolean {
    return this.#turns?.isDue(which) === true && this.#mayHaveTurn(which);
  }

  /** The index of the line that is served next. */
  #next(): number {
    const lines = this.#lines;
    const turns = this.#turns;
    const best = this.bestClass;
    if (turns === undefined || best === undefined) return 0;
    const firstOf = (which: number) => lines.findIndex(({ rank }) => classOf(rank) === which);
    const may = (which: number) => firstOf(which) >= 0 && this.#mayHaveTurn(which);
    return firstOf(turns.next(best, may));
  }

  /** The index of this rank's line, or where it would be. */
  #placeOf(ranked: Ranked): number {
    let at = 0;
    while (at < this.#lines.length && order(this.#lines[at] as Line<T>, ranked) > 0) at++;
    return at;
  }

  #oneLess(at: number, item: T): void {
    const line = this.#lines[at] as Line<T>;
    this.#length--;
    line.cost -= costOf(item);
    if (line.queue.length === 0) this.#lines.splice(at, 1);
  }
}

function costOf({ cost = 1 }: Ranked): number {
  return cost;
}

/** Above 0 if `a` is more important. Retries come after first attempts of the same class and level. */
function order(a: Ranked, b: Ranked): number {
  return classOf(a.rank) - classOf(b.rank) || sign(a.level ?? 0, b.level ?? 0) || a.rank - b.rank;
}

/** Levels may be infinite, and the difference of two infinities is no number. */
function sign(a: number, b: number): number {
  return a === b ? 0 : a > b ? 1 : -1;
}
