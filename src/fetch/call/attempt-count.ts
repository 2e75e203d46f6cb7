import { PrivateFieldsOn } from '../response/private-fields.js';

/** How often, as a private field of what a call ended with: nobody sees it, and it is cheaper than an entry in a WeakMap. */
class Noted extends PrivateFieldsOn {
  #attempts: number;

  private constructor(result: object, attempts: number) {
    super(result);
    this.#attempts = attempts;
  }

  static of(result: object): number | undefined {
    return #attempts in result ? result.#attempts : undefined;
  }

  static set(result: object, attempts: number): void {
    if (#attempts in result) result.#attempts = attempts;
    else new Noted(result, attempts);
  }
}

/** Notes how often the request of a call was sent, on what the call ended with. */
export function noteAttempts(result: unknown, attempts: number): void {
  if (!isObject(result)) return;
  try {
    Noted.set(result, attempts);
  } catch {
    // A runtime that adds no private field to what is frozen.
  }
}

/**
 * How often the request was sent that this Response answers, or that ended with this error: 1 for one that was not retried, 0 for one
 * that a policy refused, or a fallback answered, before it was sent at all.
 *
 * What several calls end with, such as a Response out of a cache or an error that all requests of a connection share, tells of the
 * last of them.
 *
 * @param result What a call of `resilientFetch` or `resilientRequest` was answered with or has thrown.
 * @returns `undefined` for anything else: the Response of another fetch, a clone, an error that is no object.
 * @example
 * const response = await fetch('http://inventory/stock/42');
 * log.info({ attempts: attemptsOf(response) });
 */
export function attemptsOf(result: unknown): number | undefined {
  return isObject(result) ? Noted.of(result) : undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
