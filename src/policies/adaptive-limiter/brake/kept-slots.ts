/** The slot of a call that was given up is kept for at most this long. */
const MOST_MS = 2_000;

/** In units of the time that a call took until it was given up. If it were longer, clients would recover late from an upstream that only hung. */
const SHARE = 0.75;

/** How long to keep the slot of a call that was given up after this time: about as long again, since the upstream still works on it. */
export function keptFor(tookMs: number): number {
  return Math.min(MOST_MS, SHARE * tookMs);
}

/** Slots of calls that were given up, kept for a while. */
export class KeptSlots {
  /** When each is free, the earliest first. */
  readonly #freeAt: number[] = [];

  get count(): number {
    return this.#freeAt.length;
  }

  /** When the next one is free; Infinity when none is kept. */
  get nextAt(): number {
    return this.#freeAt[0] ?? Infinity;
  }

  add(freeAt: number): void {
    // The clock shows no valid time: the slot would never be free.
    if (!(freeAt < Infinity)) return;
    let i = this.#freeAt.length;
    while (i > 0 && (this.#freeAt[i - 1] as number) > freeAt) i--;
    this.#freeAt.splice(i, 0, freeAt);
  }

  /** Gives back those that are free by now. */
  release(nowMs: number): void {
    const freeAt = this.#freeAt;
    // No slot is kept for that long: the clock went back.
    while (freeAt.length > 0 && (freeAt[freeAt.length - 1] as number) - nowMs > 2 * MOST_MS) {
      freeAt.pop();
    }
    let free = 0;
    while (free < freeAt.length && (freeAt[free] as number) <= nowMs) free++;
    if (free > 0) freeAt.splice(0, free);
  }
}
