import type { PolicyMeasures } from '../../pipeline/contract/measures.js';
import type { LateCopies, Policy } from '../../pipeline/contract/policy.js';
import type { StraightHalf, StraightPlace } from '../../pipeline/contract/straight-half.js';
import { SuccessWindow } from '../../windows/success-window.js';
import type { ResolvedCircuitBreaker } from './options.js';
import { circuitBreakerDefaults } from './options.js';
import type { BreakerAccount } from './reporter.js';
import type { Stay } from './state-times.js';

/** A breaker, as far as its copies need it. */
interface Breaker {
  forkAt(stay: Stay): Breaker & Policy<unknown>;
  hadSuccesses(count: number, atMs: number): void;
  measure(nowMs: number): PolicyMeasures;
}

/**
 * Copies of a breaker that are made when they are needed. Before that, a copy stands for a closed breaker whose calls have all
 * succeeded. It keeps how many they were: in a window of time, or as a number for a window of calls.
 */
export class LateBreakers implements LateCopies {
  readonly #like: Breaker;
  readonly #account: BreakerAccount;
  readonly #bucketMs: number;
  /** The size of a window of calls. */
  readonly #size: number;
  readonly #looksAtEach: boolean;

  constructor(
    like: Breaker,
    account: BreakerAccount,
    { window = circuitBreakerDefaults.window, handle, slowCallDuration }: ResolvedCircuitBreaker,
  ) {
    this.#like = like;
    this.#account = account;
    this.#bucketMs = typeof window === 'number' ? window / 10 : 0;
    this.#size = typeof window === 'number' ? 0 : window.calls;
    this.#looksAtEach = handle !== undefined || slowCallDuration !== undefined;
  }

  begin(nowMs: number): void {
    this.#account.times.begin('closed', nowMs, 0);
  }

  end(nowMs: number): void {
    this.#account.times.end('closed', nowMs);
  }

  fork(retired: boolean, kept: unknown): Breaker & Policy<unknown> {
    const copy = this.#like.forkAt(retired ? 'ended' : 'closed');
    if (kept instanceof SuccessWindow) {
      kept.forEach(this.#bucketMs, (count, atMs) => copy.hadSuccesses(count, atMs));
    } else if (typeof kept === 'number') {
      copy.hadSuccesses(kept, 0);
    }
    return copy;
  }

  straight({ time }: StraightPlace, at: number): StraightHalf | undefined {
    if (this.#looksAtEach) return undefined;
    const size = this.#size;
    const bucketMs = this.#bucketMs;
    const add =
      size > 0
        ? (kept: unknown[]): boolean => {
            kept[at] = Math.min(size, ((kept[at] as number | undefined) ?? 0) + 1);
            return true;
          }
        : (kept: unknown[]): boolean => {
            kept[at] ??= new SuccessWindow();
            return (kept[at] as SuccessWindow).add(time.recent(), bucketMs);
          };
    return {
      enter: ({ copy }) => {
        if (copy.kept === undefined) copy.keep();
        return true;
      },
      exit: ({ copy: { kept } }) => kept !== undefined && add(kept),
      // The stamp of the state that a breaker begins in.
      stateOf: () => 0,
    };
  }

  measure(kept: unknown, nowMs: number): PolicyMeasures {
    const calls =
      kept instanceof SuccessWindow ? kept.total(nowMs, this.#bucketMs) : (kept as number);
    return { ...this.#like.measure(nowMs), state: 'closed', calls: calls ?? 0 };
  }
}
