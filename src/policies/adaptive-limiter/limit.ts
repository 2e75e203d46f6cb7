import { aimd } from './aimd.js';
import { gradient } from './gradient.js';
import type { ResolvedAdaptiveLimiter } from './options.js';
import { afterOverload } from './overload.js';
import { Round } from './round.js';
import { hadQueue, UnloadedLatency } from './unloaded-latency.js';
import { vegas } from './vegas.js';

/** The new limit after a round near the old one; what comes out is kept within floor and cap. */
type Step = (limit: number, latencyMs: number, unloadedMs: number) => number;

const steps: Readonly<Record<LatencyAlgorithm, Step>> = {
  gradient,
  vegas,
  aimd,
};

/** Calls that a round has at least: of fewer, the typical latency is chance. */
const MIN_CALLS = 20;

/**
 * From this share of a round's calls that ended while no slot was free, the limit is the bottleneck. Only then it is halved to
 * measure. A limit that a peak touches for a moment may not be.
 */
const BOTTLENECK = 1 / 4;

/** The algorithms that work in rounds. */
export type LatencyAlgorithm = Exclude<ResolvedAdaptiveLimiter['algorithm'], 'brake'>;

/** What an {@link AdaptiveLimit} is made from. */
export interface LimitOptions
  extends Pick<ResolvedAdaptiveLimiter, 'initialLimit' | 'minLimit' | 'maxLimit'> {
  readonly algorithm: LatencyAlgorithm;
}

/**
 * The limit on calls in flight. Samples in, a limit out: no clock, no timer.
 *
 * Samples are judged in rounds. A round has as many calls as the limit, and so takes about one round trip. A round that used less than half of the
 * limit changes nothing: its latency does not come from the limit, and nobody has tried how much more the upstream could
 * take.
 */
export class AdaptiveLimit {
  /** How many calls may be in flight now. */
  current: number;
  readonly #step: Step;
  /** Only where latency matters. */
  readonly #unloaded: UnloadedLatency | undefined;
  readonly #min: number;
  readonly #max: number;
  readonly #round = new Round();
  /** The limit with its fraction. */
  #limit: number;
  /** While the unloaded latency is measured, half of the limit is in force. */
  #measuring = false;
  /** The latency before the limit was halved. */
  #beforeMs = Number.NaN;
  /** Samples to pass over: calls that started under another limit than the one that is to be judged. */
  #passOver: number;

  constructor({ algorithm, initialLimit, minLimit, maxLimit }: LimitOptions) {
    this.#step = steps[algorithm];
    this.#unloaded = algorithm === 'aimd' ? undefined : new UnloadedLatency();
    this.#min = minLimit;
    this.#max = maxLimit;
    this.#limit = initialLimit;
    this.current = initialLimit;
    // The first calls find the upstream emptier than later ones do.
    this.#passOver = initialLimit;
  }

  /** How long calls take when nothing queues; `undefined` until that is known, and where it does not matter. */
  get unloadedMs(): number | undefined {
    return this.#unloaded?.isKnown === true ? this.#unloaded.ms : undefined;
  }

  /**
   * A call ended.
   *
   * @param latencyMs How long it took. An impossible latency is skipped.
   * @param inFlight How many were in flight, itself included. The limit, if a call has found no slot since one last came in.
   * @param overload Whether it was a sign of overload. Then its latency does not matter.
   */
  sample(latencyMs: number, inFlight: number, overload: boolean): void {
    if (!overload && !(latencyMs >= 0 && latencyMs < Infinity)) return;
    // At first no sign of overload is skipped. Later it would be unfair to skip the other samples alone.
    if (this.#passOver > 0 && (!overload || this.#measuring)) {
      this.#passOver--;
      return;
    }
    const round = this.#round;
    round.add(latencyMs, inFlight, this.current, overload);
    if (round.calls < MIN_CALLS || round.calls < this.current) return;
    this.#judge(round);
    round.clear();
    const inForce = this.#measuring ? Math.max(this.#min, this.#limit / 2) : this.#limit;
    this.current = Math.floor(inForce);
  }

  #judge(round: Round): void {
    const measured = this.#measuring;
    this.#measuring = false;
    // Half of the limit in force: load may go away while half of it is used to measure.
    const near = round.peak >= this.current / 2;
    const share = round.overloads / round.calls;
    if (near) this.#set(afterOverload(this.#limit, share));
    if (share === 1) return;
    if (!near) {
      this.#unloaded?.observe(round.latencyMs, round.timed, this.#limit);
    } else if (!measured) {
      this.#adjust(round);
    } else if (share < 0.5) {
      // If most calls fail, the others' latencies are not those of an unloaded upstream.
      this.#endMeasuring(round);
    }
  }

  #adjust(round: Round): void {
    const unloaded = this.#unloaded;
    const { latencyMs, doubt } = round;
    if (unloaded !== undefined) {
      const isDue = unloaded.endRound(this.#limit);
      if (isDue && round.full >= round.calls * BOTTLENECK && !this.#isAtFloor) {
        this.#startMeasuring(round);
        return;
      }
      // At the floor there is nothing to halve. What is measured there is as unloaded as it gets, and leads up again.
      if (this.#isAtFloor || !unloaded.isKnown) {
        unloaded.observe(latencyMs, round.timed, this.#limit);
      } else {
        unloaded.boundBy(latencyMs * doubt);
      }
    }
    // A difference that may be chance does not count as a queue.
    this.#set(this.#step(this.#limit, latencyMs / doubt, unloaded?.ms ?? latencyMs));
  }

  #startMeasuring(round: Round): void {
    this.#measuring = true;
    this.#beforeMs = round.latencyMs;
    this.#passOver = round.peak;
  }

  #endMeasuring(round: Round): void {
    const { latencyMs, doubt } = round;
    const queued = hadQueue(latencyMs * doubt, this.#beforeMs);
    if (queued) this.#set(this.#limit / 2);
    this.#unloaded?.measure(latencyMs, this.#limit);
    // There may still be a queue: halve again until that helps no more.
    if (queued && !this.#isAtFloor) this.#startMeasuring(round);
  }

  get #isAtFloor(): boolean {
    return Math.floor(this.#limit) <= this.#min;
  }

  #set(limit: number): void {
    this.#limit = Math.min(this.#max, Math.max(this.#min, limit));
  }
}
