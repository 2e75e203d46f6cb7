import type { IBreaker } from 'cockatiel';
import { CountWindow } from '../../windows/count-window.js';
import { TimeWindow } from '../../windows/time-window.js';
import type { ResolvedCircuitBreaker } from './options.js';
import { circuitBreakerDefaults } from './options.js';
import type { CircuitBreakerSnapshot } from './snapshot.js';
import type { Health, TripReason, TripRule } from './trip-rule.js';
import { tripReason } from './trip-rule.js';

/** Why a breaker opened. */
export type OpenReason = TripReason | 'breaker' | 'probe_failed' | 'tripped';

/** Watches the calls of a closed breaker and says when it has to open. */
export interface Judge {
  /** Whether successes have to come with the time. */
  readonly timed: boolean;
  readonly health: Health;
  /** A call ended; answers why the breaker has to open now. */
  record(nowMs: number, failed: boolean, slow: boolean): OpenReason | undefined;
  /** Half-open probes were decided. */
  probed(recovered: boolean): void;
  /** Moves the window on. */
  advance(nowMs: number): void;
  clear(): void;
  /** Takes over what a snapshot knew at `atMs`. */
  restore(
    atMs: number,
    known: Pick<CircuitBreakerSnapshot, 'window' | 'consecutiveFailures'>,
  ): void;
}

/** The judge that the options ask for. */
export function judgeOf(options: ResolvedCircuitBreaker, breaker: IBreaker | undefined): Judge {
  return breaker === undefined ? new RuleJudge(options) : new CockatielJudge(breaker);
}

/** Judges by holdfast's own rules. */
class RuleJudge implements Judge, Health {
  readonly timed: boolean;
  readonly #rule: TripRule;
  readonly #time: TimeWindow | undefined;
  readonly #window: TimeWindow | CountWindow;
  consecutiveFailures = 0;

  constructor(options: ResolvedCircuitBreaker) {
    const window = options.window ?? circuitBreakerDefaults.window;
    const rateOf = (given: number | false | undefined, byDefault: number) =>
      given === false ? undefined : (given ?? byDefault);
    this.#rule = {
      failureRate: rateOf(options.failureRate, circuitBreakerDefaults.failureRate),
      slowCallRate: options.slowCallRate,
      minimumCalls: options.minimumCalls ?? circuitBreakerDefaults.minimumCalls,
      consecutiveFailures: rateOf(
        options.consecutiveFailures,
        circuitBreakerDefaults.consecutiveFailures,
      ),
    };
    this.#time = typeof window === 'number' ? new TimeWindow(window) : undefined;
    this.#window = this.#time ?? new CountWindow((window as { readonly calls: number }).calls);
    this.timed = this.#time !== undefined;
  }

  get health(): Health {
    return this;
  }

  get total(): number {
    return this.#window.total;
  }

  get failures(): number {
    return this.#window.failures;
  }

  get slow(): number {
    return this.#window.slow;
  }

  record(nowMs: number, failed: boolean, slow: boolean): OpenReason | undefined {
    if (this.#time !== undefined) this.#time.record(nowMs, failed, slow);
    else (this.#window as CountWindow).record(failed, slow);
    if (failed) this.consecutiveFailures++;
    else this.consecutiveFailures = 0;
    if (this.#window.failures === 0 && this.#window.slow === 0) return undefined;
    return tripReason(this, this.#rule);
  }

  probed(): void {}

  advance(nowMs: number): void {
    this.#time?.advance(nowMs);
  }

  clear(): void {
    this.#window.clear();
    this.consecutiveFailures = 0;
  }

  restore(
    atMs: number,
    { window, consecutiveFailures }: Pick<CircuitBreakerSnapshot, 'window' | 'consecutiveFailures'>,
  ): void {
    // A snapshot holds no order; the failures are put last, where a count window keeps them longest.
    const { calls, failures, slow } = window;
    for (let i = 0; i < calls; i++) {
      this.record(atMs, i >= calls - failures, i >= calls - slow);
    }
    this.consecutiveFailures = consecutiveFailures;
  }
}

/** States as cockatiel numbers them. */
const CLOSED = 0;
const HALF_OPEN = 2;

/** Leaves the judgement to a breaker of cockatiel's. */
class CockatielJudge implements Judge {
  readonly timed = false;
  readonly health: Health = { total: 0, failures: 0, slow: 0, consecutiveFailures: 0 };
  readonly #breaker: IBreaker;

  constructor(breaker: IBreaker) {
    this.#breaker = breaker;
  }

  record(_nowMs: number, failed: boolean): OpenReason | undefined {
    if (failed) return this.#breaker.failure(CLOSED) ? 'breaker' : undefined;
    this.#breaker.success(CLOSED);
    return undefined;
  }

  probed(recovered: boolean): void {
    if (recovered) this.#breaker.success(HALF_OPEN);
    else this.#breaker.failure(HALF_OPEN);
  }

  advance(): void {}

  clear(): void {}

  restore(): void {}
}
