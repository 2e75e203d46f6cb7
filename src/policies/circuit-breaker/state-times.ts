import type { BreakerState } from '../../pipeline/events.js';

/** Where one breaker is, as far as its time is counted. It leads to nothing else: telemetry keeps it beyond the breaker. */
export interface Stay {
  /** `undefined`: its time is not counted (any more). */
  state: BreakerState | undefined;
  /** While open: when that is over, and it waits for calls to probe. */
  openUntilMs: number;
}

/**
 * How long a breaker, or all copies of it together, has been in each state.
 *
 * There is no timer, and no copy is looked at: each state has the number of those in it, and the sum of the times at which they
 * came. All their time until now is that number times now, less that sum. Only open breakers move on with time alone.
 */
export class StateTimes {
  readonly #counts = ofEach(0);
  readonly #sums = ofEach(0);
  readonly #open = new Set<Stay>();
  /** The latest time it was told. A clock that goes back stands still here. */
  #latest = -Infinity;

  /** A breaker whose time is counted from now on. */
  begin(state: BreakerState, nowMs: number, openUntilMs: number): Stay {
    const stay: Stay = { state: undefined, openUntilMs };
    this.#enter(stay, state, this.#at(nowMs));
    return stay;
  }

  /** It changes to a state. One whose time is not counted any more stays so. */
  move(stay: Stay, to: BreakerState, nowMs: number, openUntilMs: number): void {
    if (stay.state === undefined) return;
    const at = this.#at(nowMs);
    this.#leave(stay, at);
    stay.openUntilMs = openUntilMs;
    this.#enter(stay, to, at);
  }

  /** Its time is not counted any more. */
  end(stay: Stay, nowMs: number): void {
    if (stay.state !== undefined) this.#leave(stay, this.#at(nowMs));
  }

  /** The milliseconds spent in each state up to now, or up to the latest time known here. */
  readonly spent = (nowMs: number): Record<BreakerState, number> => {
    const at = this.#at(nowMs);
    for (const stay of this.#open) this.#endOpen(stay, at);
    const spent = ofEach(0);
    for (const state of STATES) {
      const count = this.#counts[state];
      spent[state] = this.#sums[state] + (count === 0 ? 0 : count * at);
    }
    return spent;
  };

  #at(nowMs: number): number {
    if (nowMs > this.#latest) this.#latest = nowMs;
    return this.#latest;
  }

  /** Its open time is over when it is over, whether or not anybody comes to see it. */
  #endOpen(stay: Stay, at: number): void {
    const { openUntilMs } = stay;
    if (stay.state !== 'open' || openUntilMs > at) return;
    this.#remove(stay, openUntilMs);
    this.#enter(stay, 'half_open', openUntilMs);
  }

  #enter(stay: Stay, state: BreakerState, at: number): void {
    stay.state = state;
    this.#counts[state]++;
    this.#sums[state] -= at;
    if (state === 'open') this.#open.add(stay);
  }

  #leave(stay: Stay, at: number): void {
    this.#endOpen(stay, at);
    this.#remove(stay, at);
  }

  #remove(stay: Stay, at: number): void {
    const state = stay.state as BreakerState;
    this.#counts[state]--;
    this.#sums[state] += at;
    this.#open.delete(stay);
    stay.state = undefined;
  }
}

const STATES = ['closed', 'open', 'half_open', 'isolated'] as const;

function ofEach(value: number): Record<BreakerState, number> {
  return { closed: value, open: value, half_open: value, isolated: value };
}
