import { bodyKind, isClientGone } from './body.js';
import { entryOfError } from './classify-error.js';
import { markFailed, markOwnTimeout, notesOn } from './notes.js';

/** What is known of the attempt that an error ended. */
export interface FailedAttempt {
  /** What it sent. */
  readonly body: unknown;
  /** Whether a bare Error is the network's, as those of a client that has a class or a code for all others. */
  readonly bareErrors: boolean;
}

/**
 * Notes on an error what it means for the call, where the error alone does not say. Nobody had given the attempt up.
 *
 * @param own the error as this call's own: see `ownErrorOf`.
 */
export function noteFault(own: unknown, { body, bareErrors }: FailedAttempt): void {
  if (notesOn(own)?.failed !== undefined) return;
  const entry = entryOfError(own);
  // Neither the caller nor a timeout of ours: the client itself.
  if (entry === 'abort') markOwnTimeout(own);
  else if (isClientGone(own, body)) markFailed(own, false);
  // A caller's own stream fails with such an error, too.
  else if (entry === undefined && bodyKind(body) !== 'once') {
    if (hasBareCause(own) || (bareErrors && isBare(own))) markFailed(own, true);
  }
}

/** fetch failed with an error of no kind, as the doubles of tests give it. */
function hasBareCause(error: unknown): boolean {
  const { message, cause } = Object(error) as {
    readonly message?: unknown;
    readonly cause?: unknown;
  };
  return message === 'fetch failed' && isBare(cause);
}

function isBare(error: unknown): boolean {
  const fields = Object(error) as Readonly<Record<string, unknown>>;
  const { name, message, code, status, statusCode } = fields;
  // Without a word it is what undici's fetch makes of a 407.
  return name === 'Error' && message !== '' && (code ?? status ?? statusCode) === undefined;
}
