import { MovingQuantile } from '../../windows/moving-quantile.js';

/** Delays are rounded up to an eighth of a doubling, so that calls of about the same delay share a timer. */
const STEPS = 8;

/** How many times as long as usual attempts take, as a whole, if something is wrong with the upstream. */
const SLOW = 2;

/** The shortest delay: timers know no less. */
const LEAST_DELAY_MS = 1;

/** How long first attempts take, and what delay follows from it. It has no clock: it is told durations. */
export class Latencies {
  readonly #fixedMs: number;
  readonly #slow: MovingQuantile | undefined;
  readonly #typical = new MovingQuantile(0.5);
  /** The same over a hundred times as many. */
  readonly #usual = new MovingQuantile(0.5, 100);

  /**
   * @param fixedMs The delay while too little is known; always, without a percentile.
   * @param percentile 0 < percentile < 1.
   */
  constructor(fixedMs: number, percentile: number | undefined) {
    this.#fixedMs = fixedMs;
    this.#slow = percentile === undefined ? undefined : new MovingQuantile(percentile);
  }

  /** How long to wait for a first attempt before a hedge starts. */
  get delayMs(): number {
    const slow = this.#slow?.value;
    if (slow === undefined) return this.#fixedMs;
    return Math.max(LEAST_DELAY_MS, 2 ** (Math.ceil(Math.log2(slow) * STEPS) / STEPS));
  }

  /** How long an attempt takes in one of two cases; 0 while too little is known. */
  get typicalMs(): number {
    return this.#typical.value ?? 0;
  }

  /** Whether attempts as a whole take much longer than usual: that is no bad luck of one, and hedges would add to an overload. */
  get areSlow(): boolean {
    return this.typicalMs > SLOW * (this.#usual.value ?? Infinity);
  }

  /** How many first attempts it knows, up to the number from which it needs no more. */
  get samples(): number {
    return this.#typical.samples;
  }

  /**
   * A first attempt ended after this time.
   *
   * @param whole Whether it took just that long: it succeeded. Any other, such as one that was superseded, took at least that long. It
   * counts only if it was slow, since how quickly something fails says nothing.
   */
  add(durationMs: number, whole: boolean): void {
    if (!whole && durationMs < this.delayMs) return;
    this.#slow?.add(durationMs);
    this.#typical.add(durationMs);
    this.#usual.add(durationMs);
  }
}
