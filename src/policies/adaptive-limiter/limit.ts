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
 * Share of a round's calls that ended while no slot was free, from which on the limit is the bottleneck. Only then is it halved to
 * measure: what a peak touches for a moment may be in use all the same.
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
 * Samples are judged in rounds, of as many calls as the limit and thus about one round trip. A round in which less than half of the
 * limit was in use changes nothing: whatever the latency, the limit is not what it comes from, and what more the upstream could
 * take has not been tried.
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
    // The first ones find the upstream emptier than those that follow them.
    this.#passOver = initialLimit;
  }

  /** How long calls take when nothing queues; `undefined` until that is known, and where it does not matter. */
  get unloadedMs(): number | undefined {
    return this.#unloaded?.isKnown === true ? this.#unloaded.ms : undefined;
  }

  /**
   * A call ended.
   *
   * @param latencyMs How long it took. What no latency can be is passed over.
   * @param inFlight How many were in flight, itself included; the limit where a call has found no slot since one last came in.
   * @param overload Whether it was a sign of overload; its latency then does not matter.
   */
  sample(latencyMs: number, inFlight: number, overload: boolean): void {
    if (!overload && !(latencyMs >= 0 && latencyMs < Infinity)) return;
    // At first no sign of overload is passed over. Later it would not be fair to pass over the others alone.
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
    // Of the limit in force: load may go away while half of it is used to measure.
    const near = round.peak >= this.current / 2;
    const share = round.overloads / round.calls;
    if (near) this.#set(afterOverload(this.#limit, share));
    if (share === 1) return;
    if (!near) {
      this.#unloaded?.observe(round.latencyMs, round.timed, this.#limit);
    } else if (!measured) {
      this.#adjust(round);
    } else if (share < 0.5) {
      // Where most calls fail, latencies of the others are not those of an upstream at ease.
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
      // At the floor there is nothing to halve: what is measured there is as unloaded as it gets, and it is the way up again.
      if (this.#isAtFloor || !unloaded.isKnown) {
        unloaded.observe(latencyMs, round.timed, this.#limit);
      } else {
        unloaded.boundBy(latencyMs * doubt);
      }
    }
    // What may be chance is not taken for a queue.
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
    // There may be a queue yet: it is halved again until that helps no more.
    if (queued && !this.#isAtFloor) this.#startMeasuring(round);
  }

  get #isAtFloor(): boolean {
    return Math.floor(this.#limit) <= this.#min;
  }

  #set(limit: number): void {
    this.#limit = Math.min(this.#max, Math.max(this.#min, limit));
  }
}
