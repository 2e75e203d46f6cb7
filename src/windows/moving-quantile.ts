/** From so many samples on there is an estimate. They are kept until then, and it starts at their exact quantile. */
export const LEAST_SAMPLES = 20;

/** How far the estimate moves: up by the quantile's part of this with a sample above it, down by the rest with one below. */
const STEP = 0.1;

/** In milliseconds. Below that, a logarithm says nothing about a latency. */
const LEAST = 0.001;

/**
 * A quantile of the latest samples, in O(1) time and memory. It moves its estimate by a fixed share with each sample: up by `STEP * share` with
 * one above it, down by `STEP * (1 - share)` with one below. So in the long run exactly the given share of samples lies below it, whatever
 * their distribution, and it follows one that moves: about the last 100 samples count. It only asks whether a sample is above it.
 * So it may be given one of which only a lower bound is known, if that bound is above it.
 *
 * The estimator is DUMIQE, in logarithms (Yazidi and Hammer, "Multiplicative Update Methods for Incremental Quantile Estimation", IEEE
 * Transactions on Cybernetics, 2019).
 */
export class MovingQuantile {
  readonly #share: number;
  readonly #step: number;
  #count = 0;
  #first: number[] | undefined = [];
  /** The logarithm of the estimate. */
  #log = 0;

  /**
   * @param share 0 < share < 1: 0.95 for the 95th percentile.
   * @param slowness How many times as many samples it goes by. It moves as quickly as any at first.
   */
  constructor(share: number, slowness = 1) {
    this.#share = share;
    this.#step = STEP / slowness;
  }

  /** The estimate; `undefined` while there are too few samples. */
  get value(): number | undefined {
    return this.#first === undefined ? Math.exp(this.#log) : undefined;
  }

  /** How many samples are in, up to the number from which there is an estimate. */
  get samples(): number {
    return this.#first?.length ?? LEAST_SAMPLES;
  }

  /** Adds a sample: > 0, or it counts as the least there is. */
  add(sample: number): void {
    const log = Math.log(Math.max(sample, LEAST));
    const share = this.#share;
    const first = this.#first;
    if (first === undefined) {
      const step = Math.max(this.#step, Math.min(STEP, 1 / ++this.#count));
      this.#log += log > this.#log ? step * share : -step * (1 - share);
      return;
    }
    if (first.push(log) < LEAST_SAMPLES) return;
    first.sort((a, b) => a - b);
    this.#log = first[Math.ceil(share * LEAST_SAMPLES) - 1] as number;
    this.#first = undefined;
  }
}
