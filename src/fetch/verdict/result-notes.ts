import { shared } from '../../copies.js';
import type { Verdict } from '../../pipeline/outcome/verdict.js';

/**
 * What a call knows about its own Response or error beyond the rules for all calls. Policies
 * see outcomes and not requests. These notes tell them what the request allows.
 */
export interface Notes {
  /** Whether it is a failure, if `classify` or the call itself decided that. */
  failed: boolean | undefined;
  /** What `classify` said about it. */
  classified: Verdict | undefined;
  /** The request must not be sent again after this. */
  final: boolean;
  /** The delay it asks for, if the call reads that in its own way; `null` for none. */
  retryAfter: number | null | undefined;
  /** A redirect led to another upstream. This is that upstream's answer, or the failure of its body. */
  elsewhere: boolean;
  /** The client itself gave up. It looks like an abort. */
  ownTimeout: boolean;
  /** `classify` said that the request was not processed. It should be sent again, failure or not. */
  again: boolean;
  /** The status that says what its body says, if its own does not. */
  status: number | undefined;
}

/** One map for all copies of the package: `isFetchFailure` may come from another copy than the client. */
const notes = shared('notes', () => new WeakMap<object, Notes>());

/** The notes on a Response or an error. */
export function notesOn(result: unknown): Readonly<Notes> | undefined {
  return typeof result === 'object' && result !== null ? notes.get(result) : undefined;
}

function note<K extends keyof Notes>(result: unknown, what: K, value: Notes[K]): void {
  if (typeof result !== 'object' || result === null) return;
  let own = notes.get(result);
  if (own === undefined) {
    own = {
      failed: undefined,
      classified: undefined,
      final: false,
      retryAfter: undefined,
      elsewhere: false,
      ownTimeout: false,
      again: false,
      status: undefined,
    };
    notes.set(result, own);
  }
  own[what] = value;
}

/** Notes that the request must not be sent again after this Response or error. That cannot be undone. */
export function markFinal(result: unknown): void {
  note(result, 'final', true);
}

/** Notes what `classify` said about a Response or an error. */
export function markClassified(result: unknown, verdict: Verdict): void {
  note(result, 'failed', verdict === true);
  note(result, 'classified', verdict);
}

/** Notes whether a Response or an error is a failure. */
export function markFailed(result: unknown, failed: boolean): void {
  note(result, 'failed', failed);
}

/** Notes whether the request was not processed and should be sent again. */
export function markAgain(result: unknown, again: boolean): void {
  note(result, 'again', again);
}

/** Notes the status of HTTP that says the same as the body of a Response. */
export function markStatus(response: unknown, status: number): void {
  note(response, 'status', status);
}

/** Notes the delay that a Response asks for, as its call reads it; `undefined` for none. */
export function markRetryAfter(result: unknown, retryAfter: number | undefined): void {
  note(result, 'retryAfter', retryAfter ?? null);
}

/** Notes that a Response, or the error of its body, comes from another upstream than the one that was asked. */
export function markElsewhere(result: unknown): void {
  note(result, 'elsewhere', true);
}

/** Notes that an AbortError is a failure: only the client itself has aborted. */
export function markOwnTimeout(error: unknown): void {
  note(error, 'failed', true);
  note(error, 'ownTimeout', true);
}
