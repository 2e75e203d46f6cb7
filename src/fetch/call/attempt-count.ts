import { PrivateFieldsOn } from '../response/private-fields.js';

/** The number of attempts, as a private field on the call's result. Nobody sees it, and it is cheaper than an entry in a WeakMap. */
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

/** Notes on a call's result how often its request was sent. */
export function noteAttempts(result: unknown, attempts: number): void {
  if (!isObject(result)) return;
  try {
    Noted.set(result, attempts);
  } catch {
    // Some runtimes add no private field to a frozen object.
  }
}

/**
 * How often a request was sent, by the Response that answers it or the error it ended with. 1 when it was not retried. 0 when
 * a policy refused it, or a fallback answered it, before it was sent.
 *
 * Several calls may end with the same object, such as a Response out of a cache or an error that all requests of a connection share. The
 * count is that of the last of these calls.
 *
 * @param result What a call of `resilientFetch` or `resilientRequest` returned or threw.
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
