import type { TimeSource } from '../../time/time-source.js';
import type { LimitOptions } from './limit.js';
import { AdaptiveLimit } from './limit.js';
import type { Ending, Regulator } from './regulator.js';
import { elapsedMs, stampOf } from './stamp.js';

/** Finds the limit in rounds, from latency or from signs of overload: `gradient`, `vegas` and `aimd`. */
export class LatencyRegulator implements Regulator {
  readonly letGoes = 0;
  readonly movesWithTime = false;
  readonly remembers = false;
  readonly #limit: AdaptiveLimit;

  constructor(options: LimitOptions) {
    this.#limit = new AdaptiveLimit(options);
  }

  get current(): number {
    return this.#limit.current;
  }

  get unloadedMs(): number | undefined {
    return this.#limit.unloadedMs;
  }

  timeOf(time: TimeSource): number {
    return time.read();
  }

  advance(): void {}

  look(): void {}

  begin(nowMs: number): number {
    return stampOf(nowMs);
  }

  pause(): void {}

  resume(_startedAt: number, nowMs: number): number {
    return stampOf(nowMs);
  }

  end(
    startedAt: number,
    time: TimeSource,
    inFlight: number,
    ending: Ending,
    isOverload: boolean,
  ): number {
    // A call that was given up or refused says nothing about the upstream. One that failed by itself says nothing about its load.
    if (isOverload || ending === 'success' || ending === 'superseded') {
      const now = time.now();
      const sinceMs = elapsedMs(startedAt, now);
      const tookMs = time.elapsed(now - sinceMs, now);
      // Of a call that was superseded, only the least that it would have taken is known.
      if (ending === 'superseded' && !(tookMs > (this.unloadedMs ?? Infinity))) return 0;
      this.#limit.sample(tookMs, inFlight, isOverload);
    }
    return 0;
  }
}
