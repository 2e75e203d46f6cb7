import type { Pushback } from './pushback.js';
import { GrpcStatus } from './status.js';

/**
 * How far an attempt got, as far as the client knows.
 *
 * - `unsent`: the client itself could not send it: no message that can be serialized, or no credentials
 * - `nowhere`: no server has begun with it. There was no connection, or the server refused the stream
 * - `answered`: a server ended it with a status and nothing else
 * - `unknown`: it was sent, and the connection or the time was over before an answer
 * - `begun`: the answer had begun, with headers or messages
 */
export type Reach = 'unsent' | 'nowhere' | 'answered' | 'unknown' | 'begun';

/** What is known about an attempt that failed. */
export interface AttemptFacts {
  readonly code: number;
  readonly reach: Reach;
  /** Whether the method may run twice; `undefined` if nobody has said. */
  readonly idempotent: boolean | undefined;
  readonly pushback: Pushback | undefined;
  /** Whether everything that was sent can be sent again. */
  readonly replayable: boolean;
  /** A message was too large for one side. The next attempt would be, too. */
  readonly tooLarge: boolean;
}

/** What the facts mean for another attempt. */
export interface Repeat {
  /** Whether another attempt may help. */
  readonly worth: boolean;
  /** The call must not be sent again, whatever the policies say. */
  readonly final: boolean;
}

/** Codes that may be gone the next time, where it does no harm to run a method twice. */
const TRANSIENT_IF_IDEMPOTENT: ReadonlySet<number> = new Set([
  GrpcStatus.CANCELLED,
  GrpcStatus.UNKNOWN,
  GrpcStatus.DEADLINE_EXCEEDED,
  GrpcStatus.INTERNAL,
]);

/**
 * Whether a call may be sent again after an attempt. In the order of the lines:
 *
 * 1. An answer that has begun is never repeated, nor is a call whose messages are not all kept (gRPC's A6: the call is committed).
 * 2. A server that says so with `grpc-retry-pushback-ms` is obeyed.
 * 3. What the client itself could not send is not repeated by default: the next attempt would fail as well.
 * 4. What no server has begun with may be sent again, whatever the method.
 * 5. A status that the server gave is its own word: the codes that are told as retryable are repeated, unless the method is declared not idempotent.
 * 6. If nobody knows whether the server has run the method, it is repeated only if it is declared idempotent.
 *
 * @param retryable the codes that are repeated: UNAVAILABLE by default.
 */
export function repeatRule(facts: AttemptFacts, retryable: ReadonlySet<number>): Repeat {
  const { code, reach, idempotent } = facts;
  const committed = reach === 'begun' || !facts.replayable || facts.pushback === 'never';
  if (reach === 'unsent') return { worth: false, final: committed };
  if (reach === 'nowhere') return { worth: !facts.tooLarge, final: committed };
  const isTransient =
    retryable.has(code) || (idempotent === true && TRANSIENT_IF_IDEMPOTENT.has(code));
  const isSafe = reach === 'answered' ? idempotent !== false : idempotent === true;
  return { worth: isTransient && !facts.tooLarge, final: committed || !isSafe };
}
