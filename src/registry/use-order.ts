/** Something that is used now and then. */
export interface Used {
  /** When it was last used, as a number that grows with each use. */
  used: number;
  /** Its place in the order. */
  place: number;
}

/** How many things out of place one look moves at most. That bounds the cost of a look. */
const MAX_MOVES = 64;

/** Larger numbers would need more memory. */
const LAST_NUMBER = 2 ** 30;

/**
 * Keeps things in the exact order of their last use. A use costs no more than to store one number.
 *
 * It is a binary heap. The place of a thing stands for the last use that was known when the thing was put there. A later use
 * can only make a thing younger than its place says. So the thing on top is the oldest as soon as its place is up to date.
 */
export class UseOrder<T extends Used> {
  readonly #things: T[] = [];
  /** By place: the use that the place stands for. */
  readonly #placed: number[] = [];
  #last: number;

  /** @param last The number of the last use. */
  constructor(last = 0) {
    this.#last = last;
  }

  /** Notes that a thing is used now. Returns the number of this use. */
  use(thing: T): number {
    if (this.#last >= LAST_NUMBER) this.#renumber();
    const use = ++this.#last;
    thing.used = use;
    return use;
  }

  /** Adds a thing, which is used now for the first time. */
  add(thing: T): void {
    const use = this.use(thing);
    thing.place = this.#things.length;
    // Nothing is younger, so its place is at the end.
    this.#things.push(thing);
    this.#placed.push(use);
  }

  /** The thing that was unused for longest. `undefined` when there is none, or when it takes more than one look to find it. */
  oldest(): T | undefined {
    for (let moves = 0; moves < MAX_MOVES; moves++) {
      const top = this.#things[0];
      if (top === undefined || top.used === this.#placed[0]) return top;
      this.#sink(top, top.used, 0);
    }
    return undefined;
  }

  /** Removes a thing that was added. */
  remove(thing: T): void {
    const last = this.#things.pop() as T;
    const placed = this.#placed.pop() as number;
    if (last === thing) return;
    const { place } = thing;
    this.#sink(last, placed, place);
    if (last.place === place) this.#rise(last, placed, place);
  }

  /** All things, the latest used first. */
  latestFirst(): T[] {
    return [...this.#things].sort((a, b) => b.used - a.used);
  }

  #rise(thing: T, placed: number, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const placedAbove = this.#placed[above] as number;
      if (placedAbove < placed) break;
      this.#put(this.#things[above] as T, placedAbove, place);
      place = above;
    }
    this.#put(thing, placed, place);
  }

  #sink(thing: T, placed: number, from: number): void {
    const placedAt = this.#placed;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= placedAt.length) break;
      if ((placedAt[child + 1] ?? Infinity) < (placedAt[child] as number)) child++;
      const placedBelow = placedAt[child] as number;
      if (placed < placedBelow) break;
      this.#put(this.#things[child] as T, placedBelow, place);
      place = child;
    }
    this.#put(thing, placed, place);
  }

  #put(thing: T, placed: number, place: number): void {
    this.#things[place] = thing;
    this.#placed[place] = placed;
    thing.place = place;
  }

  #renumber(): void {
    const inOrder = this.latestFirst().reverse();
    for (const [i, thing] of inOrder.entries()) {
      thing.used = i + 1;
      this.#put(thing, i + 1, i);
    }
    this.#last = inOrder.length;
  }
}
