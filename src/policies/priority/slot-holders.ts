import { CLASSES, classOf, PLAIN_RANK, shareOf } from './shares.js';

/** How many slots each class of calls holds. Calls that say no class are not counted: they hold what the others leave. */
export class SlotHolders {
  readonly #counts: number[] = new Array(CLASSES).fill(0);

  /** A call of this rank takes (1) or gives back (-1) a slot. */
  count(rank: number, by: 1 | -1): void {
    const which = classOf(rank);
    this.#counts[which] = (this.#counts[which] as number) + by;
  }

  /** Whether a class holds less than its share of the limit, which is at least one slot. */
  holdsLess(which: number, inFlight: number, limit: number): boolean {
    const held =
      which === classOf(PLAIN_RANK)
        ? this.#counts.reduce((rest, each, i) => (i === which ? rest : rest - each), inFlight)
        : (this.#counts[which] as number);
    return held < Math.max(1, Math.floor(shareOf(which) * limit));
  }

  clear(): void {
    this.#counts.fill(0);
  }
}
