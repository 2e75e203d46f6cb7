import { entryOfError } from '../errors/classify-error.js';
import { bodyKind, isClientGone } from '../request/body.js';
import { markFailed, markOwnTimeout, notesOn } from './result-notes.js';

/**
 * Notes on an error what it means for the call, if the error alone does not say. Nobody had given the attempt up.
 *
 * @param own this call's own version of the error: see `ownErrorOf`.
 * @param body what the attempt sent.
 */
export function noteFault(own: unknown, body: unknown): void {
  if (notesOn(own)?.failed !== undefined) return;
  const entry = entryOfError(own);
  // Neither the caller nor one of our timeouts aborted: the client itself did.
  if (entry === 'abort') markOwnTimeout(own);
  else if (isClientGone(own, body)) markFailed(own, false);
  // A caller's own stream also fails with such an error.
  else if (entry === undefined && bodyKind(body) !== 'once') {
    if (isBare(own) || hasBareCause(own)) markFailed(own, true);
  }
}

/** The sender, or fetch, failed with a plain error, as test doubles make it. Real errors have a class or a code. */
function hasBareCause(error: unknown): boolean {
  const { message, cause } = Object(error) as {
    readonly message?: unknown;
    readonly cause?: { readonly message?: unknown };
  };
  // With an empty message it is undici's fetch after a 407.
  return message === 'fetch failed' && isBare(cause) && cause?.message !== '';
}

function isBare(error: unknown): boolean {
  const fields = Object(error) as Readonly<Record<string, unknown>>;
  const { name, code, status, statusCode } = fields;
  return name === 'Error' && (code ?? status ?? statusCode) === undefined;
}
