/** How many different ranks calls have: see `Call.rank`. */
const RANKS = 10;

/** From so many calls on, older ones count half. */
const FORGET_AT = 256;

/** Which share of the calls of late had which rank. */
export class RankMix {
  readonly #counts: number[] = new Array(RANKS).fill(0);
  #total = 0;

  /** A call of this rank came. */
  add(rank: number): void {
    const counts = this.#counts;
    counts[rank] = (counts[rank] as number) + 1;
    this.#total++;
    if (this.#total < FORGET_AT) return;
    this.#total /= 2;
    for (let i = 0; i < RANKS; i++) counts[i] = (counts[i] as number) / 2;
  }

  /**
   * The probability with which a call of this rank is refused, so that of all calls a share of `probability` is refused, the least important
   * first. None is above `most`, so that some of each rank get through.
   */
  probabilityOf(rank: number, probability: number, most: number): number {
    if (this.#total === 0) return probability;
    // What the less important ones do not bear.
    let rest = probability * this.#total;
    for (let i = 0; i < rank; i++) rest -= most * (this.#counts[i] as number);
    const own = this.#counts[rank] as number;
    if (rest <= 0) return 0;
    return own === 0 ? most : Math.min(most, rest / own);
  }
}
