import { entryOfError } from '../errors/classify-error.js';
import { bodyKind, isClientGone } from '../request/body.js';
import { markFailed, markOwnTimeout, notesOn } from './result-notes.js';

/**
 * Notes on an error what it means for the call, where the error alone does not say. Nobody had given the attempt up.
 *
 * @param own the error as this call's own: see `ownErrorOf`.
 * @param body what the attempt sent.
 */
export function noteFault(own: unknown, body: unknown): void {
  if (notesOn(own)?.failed !== undefined) return;
  const entry = entryOfError(own);
  // Neither the caller nor a timeout of ours: the client itself.
  if (entry === 'abort') markOwnTimeout(own);
  else if (isClientGone(own, body)) markFailed(own, false);
  // A caller's own stream fails with such an error, too.
  else if (entry === undefined && bodyKind(body) !== 'once') {
    if (isBare(own) || hasBareCause(own)) markFailed(own, true);
  }
}

/** What sends failed with an error of no kind, or fetch did, as the doubles of tests give it: real ones have a class or a code. */
function hasBareCause(error: unknown): boolean {
  const { message, cause } = Object(error) as {
    readonly message?: unknown;
    readonly cause?: { readonly message?: unknown };
  };
  // Without a word it is what undici's fetch makes of a 407.
  return message === 'fetch failed' && isBare(cause) && cause?.message !== '';
}

function isBare(error: unknown): boolean {
  const fields = Object(error) as Readonly<Record<string, unknown>>;
  const { name, code, status, statusCode } = fields;
  return name === 'Error' && (code ?? status ?? statusCode) === undefined;
}
