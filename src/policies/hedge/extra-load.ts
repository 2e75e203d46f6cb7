/** Hedges that can be saved up. */
const SAVED = 10;

/** What a hedge costs at most: while hedges do not help, and until the first ones have. */
const MOST = 8;

/** One that lost makes the next this much dearer, and one that won this much cheaper. So with every third one that wins, the cost stays. */
const DEARER = Math.SQRT2;
const CHEAPER = 2;

/** Sums of shares are rounded: by less than this, a whole one is not missing. */
const ROUNDING = 1e-9;

/**
 * Bounds hedges to a share of the first attempts. Each first attempt earns its share of a hedge. It starts with nothing, and at most ten hedges
 * are saved up. So from the beginning, hedges are at most that share of all first attempts; and within any stretch of them, at most that
 * share and ten more. Time earns nothing.
 *
 * A hedge costs more while hedges lose: where the second attempt waits in the same queue as the first, it only makes the queue longer. The first one
 * is dear, too, unless the share is large. Otherwise many clients that each make few calls would all try it when an overload begins.
 */
export class ExtraLoad {
  readonly #share: number;
  #earned = 0;
  #cost: number;

  /** @param share Hedges for each first attempt: > 0. */
  constructor(share: number) {
    this.#share = share;
    this.#cost = Math.min(MOST, 1 / share);
  }

  /** How many hedges are allowed now. */
  get balance(): number {
    return Math.floor(this.#earned / this.#cost + ROUNDING);
  }

  /** A first attempt was made. */
  earn(): void {
    this.#add(this.#share);
  }

  /** Takes a hedge, and returns what it costs. Ask for the balance before. */
  take(): number {
    this.#earned -= this.#cost;
    return this.#cost;
  }

  /** Puts one back that cost this and was not made. */
  putBack(cost: number): void {
    this.#add(cost);
  }

  /** A call that was hedged has ended; `won`: with the answer to a hedge. */
  told(won: boolean): void {
    const cost = won ? this.#cost / CHEAPER : this.#cost * DEARER;
    this.#cost = Math.min(MOST, Math.max(1, cost));
  }

  #add(share: number): void {
    this.#earned = Math.min(SAVED, this.#earned + share);
  }
}
