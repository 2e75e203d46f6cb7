/** Something that is used now and then. */
export interface Used {
  /** When it was last used, as a number that grows with each use. */
  used: number;
  /** Its place in the order. */
  place: number;
}

/** How many things out of place are put where they belong in one look: the price of a look stays bounded. */
const MAX_MOVES = 64;

/** From here on numbers would need more memory. */
const LAST_NUMBER = 2 ** 30;

/**
 * Things by their last use, exactly, where a use costs one number stored and no more.
 *
 * It is a binary heap by the use that was known when a thing was last put into place. A use since then can only have made a
 * thing younger than its place says, so what is on top is the oldest as soon as its place is up to date.
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

  /** It is used now. */
  use(thing: T): void {
    if (this.#last >= LAST_NUMBER) this.#renumber();
    thing.used = ++this.#last;
  }

  /** Takes in what is used now for the first time. */
  add(thing: T): void {
    this.use(thing);
    thing.place = this.#things.length;
    // Nothing is younger, so it is in its place at the end.
    this.#things.push(thing);
    this.#placed.push(thing.used);
  }

  /** The one that was not used for longest; `undefined` when there is none, or when it takes more than one look to find it. */
  oldest(): T | undefined {
    for (let moves = 0; moves < MAX_MOVES; moves++) {
      const top = this.#things[0];
      if (top === undefined || top.used === this.#placed[0]) return top;
      this.#sink(top, top.used, 0);
    }
    return undefined;
  }

  /** Takes one out that is in. */
  remove(thing: T): void {
    const last = this.#things.pop() as T;
    const placed = this.#placed.pop() as number;
    if (last === thing) return;
    const { place } = thing;
    this.#sink(last, placed, place);
    if (last.place === place) this.#rise(last, placed, place);
  }

  /** All, the latest used first. */
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
