import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { Delays } from './backoff.js';

/** What a retry keeps of one call that it runs again. */
export interface RetryRun {
  /** How many retries there were, with the one that is decided about. */
  retries: number;
  /** How the last attempt ended. It is the answer unless a retry brings another. Only then is a result discarded. */
  answer: Outcome;
  /** The outcome that is retried: the answer, or the refusal of a retry where `handle` retries that too. */
  last: Outcome;
  /** The delays of the call. */
  readonly delays: Delays;
  /** How long to wait for the retry, in milliseconds. */
  delayMs: number;
  /** When the retry that runs called the operation. `undefined` before. */
  startedAt: number | undefined;
}

/** The beginning: the first attempt has ended like this. */
export function runAfter(first: Outcome, delays: Delays): RetryRun {
  return { retries: 0, answer: first, last: first, delays, delayMs: 0, startedAt: undefined };
}
