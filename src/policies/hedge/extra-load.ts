/** Hedges that can be saved up. */
const SAVED = 10;

/** Sums of shares are rounded: by less than this, a whole one is not missing. */
const ROUNDING = 1e-9;

/**
 * Bounds hedges to a share of the first attempts. Each first attempt earns its share of a hedge. It starts with nothing, and at most ten hedges
 * are saved up. So from the beginning, hedges are at most that share of all first attempts; and within any stretch of them, at most that
 * share and ten more. Time earns nothing.
 */
export class ExtraLoad {
  readonly #share: number;
  #earned = 0;

  /** @param share Hedges for each first attempt: > 0. */
  constructor(share: number) {
    this.#share = share;
  }

  /** How many hedges are allowed now. */
  get balance(): number {
    return Math.floor(this.#earned + ROUNDING);
  }

  /** A first attempt was made. */
  earn(): void {
    this.#earned = Math.min(SAVED, this.#earned + this.#share);
  }

  /** Takes a hedge. Ask for the balance before. */
  take(): void {
    this.#earned -= 1;
  }

  /** Puts one back that was not made. */
  putBack(): void {
    this.#earned = Math.min(SAVED, this.#earned + 1);
  }
}
