import { shared } from '../copies.js';
import type { Pushback } from './pushback.js';
import type { Reach, Repeat } from './repeat-rule.js';

/** What a call knows about the end of an attempt. Policies see errors, and not calls. */
export interface CallNotes extends Repeat {
  readonly reach: Reach;
  readonly tooLarge: boolean;
  readonly pushback: Pushback | undefined;
}

/** One for all copies of the package, as policies may come from another copy. */
const notes = /* @__PURE__ */ shared('grpcNotes', () => new WeakMap<object, CallNotes>());

/** The notes on the error of an attempt. */
export function notesOnCall(error: unknown): CallNotes | undefined {
  return typeof error === 'object' && error !== null ? notes.get(error) : undefined;
}

/** Notes what a call knows about the error that one of its attempts ended with: a GrpcError, or the reason of its signal. */
export function noteOnCall(error: unknown, known: CallNotes): void {
  if (typeof error === 'object' && error !== null) notes.set(error, known);
}
