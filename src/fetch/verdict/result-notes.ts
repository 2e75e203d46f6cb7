import { shared } from '../../copies.js';
import type { Verdict } from '../../pipeline/outcome/verdict.js';

/**
 * What a call has found out about a Response or an error of its own that the rules for all calls would not say. Policies
 * see outcomes and not requests: this is how they learn what the request allows.
 */
export interface Notes {
  /** Whether it is a failure, where `classify` or the call itself said so. */
  failed: boolean | undefined;
  /** What `classify` said of it. */
  classified: Verdict | undefined;
  /** The request must not be sent again after this. */
  final: boolean;
  /** The delay it asks for, where the call reads it in its own way; `null` for none. */
  retryAfter: number | null | undefined;
  /** A redirect led to another upstream, and it is that one's answer, or the failure of that one's body. */
  elsewhere: boolean;
  /** The client gave up of its own accord, though it looks like an abort. */
  ownTimeout: boolean;
  /** The request was not processed and is to be sent again, failure or not, as `classify` said. */
  again: boolean;
}

/** One for all copies: `isFetchFailure` may be that of another one than the client. */
const notes = shared('notes', () => new WeakMap<object, Notes>());

/** What was noted of a Response or an error. */
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
    };
    notes.set(result, own);
  }
  own[what] = value;
}

/** Notes that the request must not be sent again after this Response or error. There is no way back from it. */
export function markFinal(result: unknown): void {
  note(result, 'final', true);
}

/** Notes what `classify` said of a Response or an error. */
export function markClassified(result: unknown, verdict: Verdict): void {
  note(result, 'failed', verdict === true);
  note(result, 'classified', verdict);
}

/** Notes whether a Response or an error is a failure. */
export function markFailed(result: unknown, failed: boolean): void {
  note(result, 'failed', failed);
}

/** Notes whether the request was not processed and is to be sent again. */
export function markAgain(result: unknown, again: boolean): void {
  note(result, 'again', again);
}

/** Notes the delay that a Response asks for, as its call reads it; `undefined` for none. */
export function markRetryAfter(result: unknown, retryAfter: number | undefined): void {
  note(result, 'retryAfter', retryAfter ?? null);
}

/** Notes that a Response, or the error of its body, is of another upstream than the one that was asked. */
export function markElsewhere(result: unknown): void {
  note(result, 'elsewhere', true);
}

/** Notes that an AbortError is a failure: nobody but the client itself has aborted. */
export function markOwnTimeout(error: unknown): void {
  note(error, 'failed', true);
  note(error, 'ownTimeout', true);
}
