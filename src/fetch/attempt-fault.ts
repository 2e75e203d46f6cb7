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
  else if (isClientGone(own, body) || isFaultOfBody(own, entry, body)) markFailed(own, false);
  else if (bareErrors && entry === undefined && isBare(own) && bodyKind(body) !== 'once') {
    markFailed(own, true);
  }
}

/** The caller's own stream failed while it was sent: fetch says so with a cause of which nothing is known. */
function isFaultOfBody(error: unknown, entry: unknown, body: unknown): boolean {
  if (entry !== 'network' || bodyKind(body) !== 'once') return false;
  const { cause } = Object(error) as { readonly cause?: unknown };
  return cause instanceof Error && entryOfError(cause) === undefined;
}

function isBare(error: unknown): boolean {
  const { name, code, status, statusCode } = Object(error) as Readonly<Record<string, unknown>>;
  return name === 'Error' && (code ?? status ?? statusCode) === undefined;
}
