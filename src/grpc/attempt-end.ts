import { TimeoutError } from '../errors.js';
import { noteOnCall } from './call-notes.js';
import { GrpcError } from './grpc-error.js';
import { isMessageTooLarge } from './message-size.js';
import { readPushback } from './pushback.js';
import type { Reach } from './repeat-rule.js';
import { repeatRule } from './repeat-rule.js';
import { GrpcStatus } from './status.js';

/** What a call knows about all of its attempts. */
export interface RepeatTerms {
  /** Whether the method may run twice; `undefined` if nobody has said. */
  readonly idempotent: boolean | undefined;
  /** The codes that are repeated. */
  readonly retryable: ReadonlySet<number>;
  /** Whether everything that was sent can be sent again. */
  readonly replayable: boolean;
}

/** How an attempt ended. */
export interface AttemptEnd {
  readonly code: number;
  readonly details: string;
  readonly reach: Reach;
  /** The values of `grpc-retry-pushback-ms`. */
  readonly pushback: readonly unknown[];
  /** The status or error as the library has it. */
  readonly cause: unknown;
}

/** The error that policies see of an attempt that ended with a status other than OK. It says whether the call may be sent again. */
export function attemptError(end: AttemptEnd, terms: RepeatTerms): GrpcError {
  const { code, details, cause } = end;
  const error = new GrpcError(code, details, cause);
  note(error, end, terms);
  return error;
}

/**
 * Notes on the reason of a signal whether the call may be sent again after a time that was over. Call it when an attempt is given up: the engine
 * aborts an attempt before it asks anybody about the outcome.
 */
export function noteTimeout(reason: unknown, reach: Reach, terms: RepeatTerms): void {
  if (!(reason instanceof TimeoutError)) return;
  const code = GrpcStatus.DEADLINE_EXCEEDED;
  note(reason, { code, details: '', reach, pushback: [], cause: undefined }, terms);
}

function note(error: unknown, end: AttemptEnd, terms: RepeatTerms): void {
  const { code, reach } = end;
  const pushback = readPushback(end.pushback);
  const tooLarge = isMessageTooLarge(code, end.details);
  const { idempotent, replayable, retryable } = terms;
  const facts = { code, reach, idempotent, pushback, replayable, tooLarge };
  noteOnCall(error, { ...repeatRule(facts, retryable), reach, tooLarge, pushback });
}
