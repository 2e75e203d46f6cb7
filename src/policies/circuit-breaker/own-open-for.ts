import type { IBackoffFactory, IHalfOpenAfterBackoffContext } from 'cockatiel';
import { describe } from '../../config/describe.js';
import * as z from '../../config/zod.js';
import { ConfigError } from '../../errors.js';
import { adopted, isThenable } from '../../pipeline/outcome/promises.js';
import type { Duration } from '../../time/duration.js';
import { parseDuration, positiveDurationSchema, remedyFor } from '../../time/duration.js';
import { isBackoffOrFunction } from '../cockatiel-backoff.js';

/** What an `openFor` function is told about an opening. */
export interface Opening {
  /** Why the breaker opens, in the word of the `transition` event. */
  readonly reason: string;
  /**
   * The failure that opened it: the error, or one made for a result that counts as a failure. `undefined` if no single call did
   * it: when it opens by hand, for slow calls, or for a probe that hangs.
   */
  readonly failure: unknown;
  /**
   * Share of failures among the calls of its window, or among its probes when those failed: 0 to 1. `undefined` if it counts no
   * calls, as when a cockatiel breaker judges.
   */
  readonly failureRate: number | undefined;
}

/** Returns how long to stay open. `opening` is how many times in a row the breaker has opened, this time included: 1 for the first. */
export type OpenForFunction = (opening: number, about: Opening) => Duration;

/** A cockatiel backoff, as cockatiel's `halfOpenAfter` takes it. */
export type OpenForBackoff = IBackoffFactory<IHalfOpenAfterBackoffContext>;

/** The schema of an `openFor` option. */
export const openForSchema = () =>
  z.union(
    [
      z.custom<OpenForFunction | OpenForBackoff>(isBackoffOrFunction),
      positiveDurationSchema() as z.Schema<number, Duration>,
    ],
    (input) =>
      `${remedyFor(input)}; or a function that returns one, such as () => 500; or a backoff of cockatiel, such as new ExponentialBackoff()`,
  );

/** The steps of a backoff follow one another. So it is also asked about openings that happened elsewhere, up to this many. */
const MAX_CAUGHT_UP = 1_000;

/** The stays of one breaker by a user's function or backoff. */
export class OwnStays {
  readonly #given: OpenForFunction | OpenForBackoff;
  /** The last step of the backoff, and the opening that it was for. */
  #step: OpenForBackoff | undefined;
  #at = 0;

  constructor(given: OpenForFunction | OpenForBackoff) {
    this.#given = given;
  }

  /**
   * How long to stay open, in milliseconds.
   *
   * @throws ConfigError when the answer is no duration. Anything that the function throws is passed on.
   */
  next(opening: number, about: Opening): number {
    const given = this.#given;
    if (typeof given === 'function') return checked(given(opening, about), about);
    return checked(this.#nextOf(given, opening, about), about);
  }

  #nextOf(first: OpenForBackoff, opening: number, { failure, reason }: Opening): unknown {
    // The breaker has closed for good since.
    if (this.#step === undefined || opening <= this.#at) {
      this.#step = first;
      this.#at = Math.max(0, opening - MAX_CAUGHT_UP);
    }
    const error = failure ?? new Error(`the circuit breaker opened: ${reason}`);
    let duration: unknown;
    while (this.#at < opening) {
      const next: ReturnType<OpenForBackoff['next']> = this.#step.next({
        attempt: this.#at + 1,
        get signal() {
          return new AbortController().signal;
        },
        result: { error: error as Error },
      });
      this.#at++;
      this.#step = next;
      duration = next.duration;
    }
    return duration;
  }
}

/** The ConfigError has the failure of the opening as its cause. */
function checked(stay: unknown, { failure: cause }: Opening): number {
  try {
    return parseDuration(stay);
  } catch (error) {
    if (isThenable(stay)) adopted(stay).catch(() => {});
    const path = 'circuitBreaker.openFor';
    const text = `${path}: its result ${(error as Error).message} (returned ${describe(stay)})`;
    throw new ConfigError(text, { path, value: stay, policy: 'circuitBreaker', cause });
  }
}
