import type { IBreaker } from 'cockatiel';
import type { Judge, OpenReason } from './judge.js';
import type { Health } from './trip-rule.js';

/** States as cockatiel numbers them. */
const CLOSED = 0;
const HALF_OPEN = 2;

const UNKNOWN: Health = {
  total: 0,
  failures: 0,
  slow: 0,
  failuresLastedMs: 0,
  consecutiveFailures: 0,
  runLastedMs: 0,
};

/**
 * Leaves the judgement to a cockatiel breaker. It gets the outcomes of a closed circuit. In half-open it gets the verdict
 * on the probes as one outcome, as in cockatiel itself.
 */
export class CockatielJudge implements Judge {
  readonly timed = false;
  readonly health = UNKNOWN;
  readonly failingSince = undefined;
  readonly #breaker: IBreaker;

  constructor(breaker: IBreaker) {
    this.#breaker = breaker;
  }

  record(_nowMs: number, failed: boolean): OpenReason | undefined {
    if (failed) return this.#breaker.failure(CLOSED) ? 'breaker' : undefined;
    this.#breaker.success(CLOSED);
    return undefined;
  }

  succeeded(nowMs: number): OpenReason | undefined {
    return this.record(nowMs, false);
  }

  failLate(nowMs: number): OpenReason | undefined {
    // It cannot take a success back.
    return this.record(nowMs, true);
  }

  opened(reason: OpenReason): void {
    if (reason === 'probe_failed') this.#breaker.failure(HALF_OPEN);
  }

  closed(): void {
    // The only way to reset it. Without this, a circuit that was closed by hand would open again at the next failure.
    this.#breaker.success(HALF_OPEN);
  }

  advance(): void {}

  restore(): void {}
}
