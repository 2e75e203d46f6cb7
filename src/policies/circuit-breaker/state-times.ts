import type { BreakerState } from '../../pipeline/contract/events.js';

/** An open breaker. It refers to nothing else, since telemetry keeps it beyond the breaker. */
interface Opening {
  /** When it becomes half-open. */
  readonly untilMs: number;
  /** Whether that time has passed. Then it counts as half-open. */
  over: boolean;
}

/** The state of one breaker, for counting its time. A state that does not end with time alone needs no object of its own. */
export type Stay = Exclude<BreakerState, 'open'> | Opening | 'ended';

/**
 * How long a breaker, or all copies of it together, has been in each state.
 *
 * There is no timer, and no copy is looked at. Each state has the number of breakers in it, and the sum of the times at which
 * they entered it. Their total time in it is that number times the time now, minus that sum. Only open breakers move on with time
 * alone.
 */
export class StateTimes {
  readonly #counts = ofEach(0);
  readonly #sums = ofEach(0);
  readonly #open = new Set<Opening>();
  /** The latest time that was told. A clock that goes back stands still here. */
  #latest = -Infinity;

  /** Counts a breaker's time from now on. Returns its state. */
  begin(state: BreakerState, nowMs: number, openUntilMs: number): Stay {
    return this.#enter(state, this.#at(nowMs), openUntilMs);
  }

  /** It changes to another state. A breaker that is no longer counted stays uncounted. */
  move(stay: Stay, to: BreakerState, nowMs: number, openUntilMs: number): Stay {
    if (stay === 'ended') return stay;
    const at = this.#at(nowMs);
    this.#leave(stay, at);
    return this.#enter(to, at, openUntilMs);
  }

  /** Stops counting its time. */
  end(stay: Stay, nowMs: number): Stay {
    if (stay !== 'ended') this.#leave(stay, this.#at(nowMs));
    return 'ended';
  }

  /** The milliseconds spent in each state up to now, or up to the latest time known here. */
  readonly spent = (nowMs: number): Record<BreakerState, number> => {
    const at = this.#at(nowMs);
    for (const opening of this.#open) this.#pass(opening, at);
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

  /** Open time ends at its end, whether or not a call comes. */
  #pass(opening: Opening, at: number): void {
    const { untilMs } = opening;
    if (opening.over || untilMs > at) return;
    opening.over = true;
    this.#open.delete(opening);
    this.#add('open', -1, untilMs);
    this.#add('half_open', 1, untilMs);
  }

  #enter(state: BreakerState, at: number, untilMs: number): Stay {
    this.#add(state, 1, at);
    if (state !== 'open') return state;
    const opening: Opening = { untilMs, over: false };
    this.#open.add(opening);
    return opening;
  }

  #leave(stay: Exclude<Stay, 'ended'>, at: number): void {
    if (typeof stay === 'string') {
      this.#add(stay, -1, at);
      return;
    }
    this.#pass(stay, at);
    this.#open.delete(stay);
    this.#add(stay.over ? 'half_open' : 'open', -1, at);
  }

  /** One breaker more, or less, in a state. */
  #add(state: BreakerState, more: 1 | -1, at: number): void {
    this.#counts[state] += more;
    this.#sums[state] -= more * at;
  }
}

const STATES = ['closed', 'open', 'half_open', 'isolated'] as const;

function ofEach(value: number): Record<BreakerState, number> {
  return { closed: value, open: value, half_open: value, isolated: value };
}
