import type { Random } from '../chance.js';
import { randomOf } from '../chance.js';
import type { OpenFor } from './open-duration.js';
import { atLeastAsked, openDuration } from './open-duration.js';
import type { ResolvedCircuitBreaker } from './options.js';
import { circuitBreakerDefaults } from './options.js';
import type { OpenForBackoff, OpenForFunction, Opening } from './own-open-for.js';
import { OwnStays } from './own-open-for.js';

/** What stays follow. */
export interface StayOptions {
  /** The rule. It replaces `own` where that fails. */
  readonly rule: OpenFor;
  readonly own: OpenForFunction | OpenForBackoff | undefined;
  /** The longest stay that no failure asked for. None if `own` has none. */
  readonly maxOpenForMs: number | undefined;
}

/** How long to stay open, and the error of the user's function, if it threw. */
export interface Stay {
  readonly ms: number;
  readonly fault?: { readonly error: unknown };
}

/** How long a breaker stays open at each opening: by the rule, or by the user's function or backoff. */
export class Stays {
  readonly #options: StayOptions;
  readonly #own: OwnStays | undefined;
  readonly #random: Random;

  constructor(options: StayOptions, random: Random) {
    this.#options = options;
    this.#own = options.own === undefined ? undefined : new OwnStays(options.own);
    this.#random = random;
  }

  /**
   * @param opening 1 for the first opening after the breaker was closed.
   * @param askedMs The delay that the failure asked for, if it did.
   */
  next(opening: number, about: Opening, askedMs: number | undefined): Stay {
    const { maxOpenForMs } = this.#options;
    const asked = (ms: number) => atLeastAsked(ms, askedMs, maxOpenForMs);
    if (this.#own === undefined) return { ms: asked(this.#ruled(opening)) };
    try {
      const own = this.#own.next(opening, about);
      return { ms: asked(Math.min(own, maxOpenForMs ?? Infinity)) };
    } catch (error) {
      // A breaker that does not open protects nobody.
      return { ms: asked(this.#ruled(opening)), fault: { error } };
    }
  }

  #ruled(opening: number): number {
    return openDuration(this.#options.rule, opening, this.#random());
  }
}

/** The stays that the options ask for. */
export function staysOf(options: ResolvedCircuitBreaker): Stays {
  const { openFor, maxOpenFor: maxOpenForMs } = options;
  const { openForFactor, openForSpread } = circuitBreakerDefaults;
  const own = typeof openFor === 'number' ? undefined : openFor;
  const first = typeof openFor === 'number' ? openFor : circuitBreakerDefaults.openFor;
  const longest = maxOpenForMs ?? 2 * first;
  const rule = {
    openForMs: Math.min(first, longest),
    maxOpenForMs: longest,
    factor: options.openForFactor ?? openForFactor,
    spread: options.openForSpread ?? openForSpread,
  };
  return new Stays({ rule, own, maxOpenForMs }, randomOf(options.random, 'circuitBreaker'));
}
