import { describe } from '../../config/describe.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { OpenReason } from './judge.js';

/** The failure that opened a breaker, in the form of a snapshot. */
export interface CauseRecord {
  readonly name: string;
  readonly message: string;
}

/** The error of a failed outcome, or an error made for a result that counts as a failure. */
export function causeOf(outcome: Outcome): unknown {
  if (outcome.kind !== 'success') return outcome.error;
  return errorOf(statusOf(outcome.value));
}

// Not the result itself: it may be large, and belongs to the caller.
function errorOf(status: number | undefined): Error {
  return new Error(`the result counts as a failure${status === undefined ? '' : `: ${status}`}`);
}

/** The latest failure in the window. A success may complete the window, or move it on, so that its failures open the breaker. */
export class LatestFailure {
  #known = false;
  #error: unknown;
  /** For a result, only what makes an error of it is kept. */
  #isResult = false;
  #status: number | undefined;

  note(outcome: Outcome): void {
    this.#known = true;
    this.#isResult = outcome.kind === 'success';
    this.#error = outcome.kind === 'success' ? undefined : outcome.error;
    this.#status = outcome.kind === 'success' ? statusOf(outcome.value) : undefined;
  }

  forget(): void {
    this.#known = false;
    this.#error = undefined;
  }

  /** The cause when a breaker opens in the exit of a call that did not fail itself. None if slow calls open it. */
  causeOf(reason: OpenReason): unknown {
    if (reason !== 'failure_rate' || !this.#known) return undefined;
    return this.#isResult ? errorOf(this.#status) : this.#error;
  }
}

/** A response says by its status what is wrong. */
function statusOf(value: unknown): number | undefined {
  const status = read(value, 'status') ?? read(value, 'statusCode');
  return typeof status === 'number' ? status : undefined;
}

/** The words of a cause. Errors may come from anywhere, so anything that cannot be read is described. */
export function recordOf(cause: unknown): CauseRecord {
  const name = read(cause, 'name');
  const message = read(cause, 'message');
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : describe(cause),
  };
}

/** An error of these words, for a breaker that goes on from a snapshot. */
export function causeFrom({ name, message }: CauseRecord): Error {
  const error = new Error(message);
  const property = (value: string) => ({ value, writable: true, configurable: true });
  // A stack of the place where it is made would mislead.
  return Object.defineProperties(error, {
    name: property(name),
    stack: property(`${name}: ${message}`),
  });
}

function read(value: unknown, key: string): unknown {
  try {
    return typeof value === 'object' && value !== null
      ? (value as { readonly [key: string]: unknown })[key]
      : undefined;
  } catch {
    return undefined;
  }
}
