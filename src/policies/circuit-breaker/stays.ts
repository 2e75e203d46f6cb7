import type { Random } from '../chance.js';
import { randomOf } from '../chance.js';
import type { OpenFor } from './open-duration.js';
import { atLeastAsked, openDuration } from './open-duration.js';
import type { ResolvedCircuitBreaker } from './options.js';
import { circuitBreakerDefaults } from './options.js';
import type { Opening } from './own-open-for.js';
import { OwnStays } from './own-open-for.js';

/** The options of a breaker that its stays follow. */
export type StayOptions = Pick<
  ResolvedCircuitBreaker,
  'openFor' | 'maxOpenFor' | 'openForFactor' | 'openForSpread' | 'random'
>;

/** How long to stay open, and the error of the user's function, if it threw. */
export interface Stay {
  readonly ms: number;
  readonly fault: { readonly error: unknown } | undefined;
}

/** How long a breaker stays open at each opening: by the rule, or by the user's function or backoff. */
export class Stays {
  /** The rule. It replaces the user's where that fails. */
  readonly #rule: OpenFor;
  readonly #own: OwnStays | undefined;
  /** The longest stay that no failure asked for. None if the user's has none. */
  readonly #maxOpenForMs: number | undefined;
  readonly #random: Random;

  constructor({ openFor, maxOpenFor, openForFactor, openForSpread, random }: StayOptions) {
    const byDefault = circuitBreakerDefaults;
    const isRule = typeof openFor === 'number';
    const first = isRule ? openFor : byDefault.openFor;
    const longest = maxOpenFor ?? 2 * first;
    this.#rule = {
      openForMs: Math.min(first, longest),
      maxOpenForMs: longest,
      factor: openForFactor ?? byDefault.openForFactor,
      spread: openForSpread ?? byDefault.openForSpread,
    };
    this.#own = isRule ? undefined : new OwnStays(openFor);
    this.#maxOpenForMs = maxOpenFor;
    this.#random = randomOf(random, 'circuitBreaker');
  }

  /**
   * @param opening 1 for the first opening after the breaker was closed.
   * @param askedMs The delay that the failure asked for, if it did.
   */
  next(opening: number, about: Opening, askedMs: number | undefined): Stay {
    const most = this.#maxOpenForMs;
    let own: number | undefined;
    let fault: Stay['fault'];
    try {
      own = this.#own?.next(opening, about);
    } catch (error) {
      // A breaker that does not open protects nobody.
      fault = { error };
    }
    const ms =
      own === undefined
        ? openDuration(this.#rule, opening, this.#random())
        : Math.min(own, most ?? Infinity);
    return { ms: atLeastAsked(ms, askedMs, most), fault };
  }
}
