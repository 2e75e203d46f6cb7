/** Below this, differences in latency are noise: the event loop's own delays are of this size. */
const MIN_LATENCY_MS = 1;

/** The calls of about one round trip. They are judged together, because one latency says little. */
export class Round {
  /** Calls that have ended. */
  calls = 0;
  /** Those that were a sign of overload. Their latency is not known. */
  overloads = 0;
  /** The most calls that were in flight when one ended. */
  peak = 0;
  /** Calls that ended while no slot was free. */
  full = 0;
  #logSum = 0;
  #logSquares = 0;

  add(latencyMs: number, inFlight: number, limit: number, overload: boolean): void {
    this.calls++;
    if (inFlight > this.peak) this.peak = inFlight;
    if (inFlight >= limit) this.full++;
    if (overload) this.overloads++;
    else this.#time(Math.log(Math.max(latencyMs, MIN_LATENCY_MS)));
  }

  /** Calls whose latency counts. */
  get timed(): number {
    return this.calls - this.overloads;
  }

  /**
   * The typical latency; 1 when there was none. It is the geometric mean, because latencies have long tails. If one call in a
   * hundred takes a hundred times as long, the arithmetic mean doubles, and this one grows by 5%.
   */
  get latencyMs(): number {
    return Math.exp(this.#logSum / Math.max(1, this.timed));
  }

  /**
   * The factor by which chance may have changed the typical latency: its standard error. 1 when all calls took the same
   * time. A third for twenty calls whose times are exponentially distributed.
   */
  get doubt(): number {
    const calls = Math.max(1, this.timed);
    const variance = Math.max(0, this.#logSquares / calls - (this.#logSum / calls) ** 2);
    return Math.exp(Math.sqrt(variance / calls));
  }

  clear(): void {
    this.calls = 0;
    this.overloads = 0;
    this.peak = 0;
    this.full = 0;
    this.#logSum = 0;
    this.#logSquares = 0;
  }

  #time(log: number): void {
    this.#logSum += log;
    this.#logSquares += log * log;
  }
}
