import { isTimeoutError } from '../../error-kinds.js';
import type { AttemptClock, Context } from '../../pipeline/contract/context.js';
import { callIdOf } from '../../pipeline/contract/context.js';
import { systemClock } from '../../time/clock.js';
import type { RepeatTerms } from '../attempt-end.js';
import { attemptError, noteTimeout } from '../attempt-end.js';
import { PREVIOUS_ATTEMPTS, previousAttempts } from '../previous-attempts.js';
import { PUSHBACK } from '../pushback.js';
import { statusOfRefusal } from '../refusal-status.js';
import type { Reach } from '../repeat-rule.js';
import { GrpcStatus } from '../status.js';
import { Cancelled } from './cancelled.js';
import { GRAIN_MS } from './deadlines.js';
import { isGrpcAnswer, reachOf } from './reach.js';
import type { MessageWriter, SentMessages } from './sent-messages.js';
import type { GrpcCall, GrpcListener, GrpcMetadata, GrpcStatusObject } from './types.js';

/** The call that attempts are made for. */
export interface AttemptedCall extends RepeatTerms {
  readonly metadata: GrpcMetadata;
  readonly sent: SentMessages;
  /** When it has to be over, in milliseconds since the epoch. */
  readonly deadline: number;
  /** Whether many messages may be received. */
  readonly isStream: boolean;
  /** Whether it is a stream that has begun, which its policies have let go. */
  readonly isBegunStream: boolean;
  /** The reader waits, so that a new attempt has to read. */
  readonly wantsMessage: boolean;
  makeCall(deadlineMs: number): GrpcCall;
  /** The clock of an attempt whose messages stream to the server; `undefined` for any other. */
  clockOf(context: Context): AttemptClock | undefined;
  /** The answer to this attempt has begun. Returns whether the caller gets it: it does not if another one has begun. */
  begin(attempt: Attempt): boolean;
  receiveMetadata(metadata: GrpcMetadata): void;
  receiveMessage(message: unknown): void;
  /** The stream that had begun is over. */
  streamEnded(status: GrpcStatusObject): void;
}

/** One attempt of a call, from its start to its status. */
export class Attempt implements GrpcListener {
  readonly callId: number | undefined;
  readonly #of: AttemptedCall;
  readonly #context: Context;
  readonly #resolve: (status: GrpcStatusObject | undefined) => void;
  readonly #reject: (error: unknown) => void;
  /** When `@grpc/grpc-js` itself gives it up, in milliseconds since the epoch. */
  readonly #deadline: number;
  readonly #clock: AttemptClock | undefined;
  #inner: GrpcCall | undefined;
  #writer: MessageWriter | undefined;
  /** The answer has begun, and the caller gets it. */
  #begun = false;
  /** The policies have given it up. */
  #givenUp = false;
  #ended = false;
  /** `@grpc/grpc-js` has given it up at its deadline. */
  #isOverdue = false;
  #reach: Reach = 'unknown';

  constructor(
    of: AttemptedCall,
    context: Context,
    resolve: (status: GrpcStatusObject | undefined) => void,
    reject: (error: unknown) => void,
  ) {
    this.#of = of;
    this.#context = context;
    this.#resolve = resolve;
    this.#reject = reject;
    this.callId = callIdOf(context);
    this.#clock = of.clockOf(context);
    // For streams, the policies' timeouts bound the time until the answer begins, and not the stream. The server shall not end it then.
    const isTimed = !of.isStream && this.#clock === undefined;
    const ofPolicies = isTimed ? systemClock.wallNow() + context.timeLeft : Infinity;
    this.#deadline = Math.min(of.deadline, ofPolicies);
  }

  /** The call that it makes. */
  get inner(): GrpcCall | undefined {
    return this.#inner;
  }

  start(): void {
    const { signal, attempt } = this.#context;
    const previous = previousAttempts(attempt);
    // Interceptors behind this one may add to it, for this attempt.
    const metadata = this.#of.metadata.clone();
    if (previous !== undefined) metadata.set(PREVIOUS_ATTEMPTS, previous);
    signal.addEventListener('abort', this.#onAbort);
    // The server is not to blame for the time in which the caller has nothing to send.
    if (!this.#of.sent.closed) this.#clock?.stop();
    const inner = this.#of.makeCall(this.#deadline);
    this.#inner = inner;
    inner.start(metadata, this);
    if (this.#of.wantsMessage) inner.startRead();
    this.#writer = this.#of.sent.writeTo(inner);
  }

  /** The caller has sent a message. Where both sides stream, the server may answer now. */
  onSent(): void {
    if (!this.#of.isStream) return;
    this.#clock?.stop();
    this.#clock?.start(0);
  }

  /** The caller has sent everything. */
  onClosed(): void {
    this.#clock?.start(0);
  }

  onReceiveMetadata(metadata: GrpcMetadata): void {
    if (this.#givenUp || !isGrpcAnswer(metadata)) return;
    if (this.#begin()) this.#of.receiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    // For a call with one answer, `null` only says that there was none.
    if (this.#givenUp || (message === null && !this.#of.isStream)) return;
    if (this.#begin()) this.#of.receiveMessage(message);
  }

  onReceiveStatus(status: GrpcStatusObject): void {
    if (this.#ended || this.#isOverdue) return;
    if (!this.#givenUp && this.#isOverAnyway(status)) return;
    this.#end();
    if (this.#begun && this.#of.isStream && !this.#givenUp) {
      this.#of.streamEnded(status);
      return;
    }
    if (status.code === GrpcStatus.OK && !this.#givenUp) {
      this.#resolve(status);
      return;
    }
    const { code, details, cause } = status;
    // Another interceptor of this kind, inside, has ended it: for policies, that is no answer.
    if (cause !== undefined && !isTimeoutError(cause)) {
      this.#reject(cause);
      return;
    }
    const reach = this.#begun ? 'begun' : reachOf(status);
    const pushback = status.metadata.get(PUSHBACK);
    this.#reject(attemptError({ code, details, reach, pushback, cause: status }, this.#of));
  }

  /** It could not be started. */
  fail(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  /** The answer has begun: the call is not sent again. Returns whether the caller gets it. */
  #begin(): boolean {
    if (this.#begun) return true;
    if (!this.#of.begin(this)) {
      this.#inner?.cancelWithStatus(GrpcStatus.CANCELLED, 'Another attempt was answered');
      return false;
    }
    this.#begun = true;
    this.#reach = 'begun';
    if (this.#of.isStream) {
      // From here on the policies have no part in it.
      this.#context.signal.removeEventListener('abort', this.#onAbort);
      this.#resolve(undefined);
    }
    return true;
  }

  /** The policies have given it up: a time is over, or the caller has cancelled. */
  readonly #onAbort = (): void => {
    const { reason } = this.#context.signal;
    noteTimeout(reason, this.#reach, this.#of);
    this.#givenUp = true;
    if (this.#writer !== undefined) this.#of.sent.stop(this.#writer);
    if (this.#isOverdue) {
      this.fail(reason);
      return;
    }
    const { code, details } = reason instanceof Cancelled ? reason : statusOfRefusal(reason);
    this.#inner?.cancelWithStatus(code, details);
  };

  /**
   * Whether this is `@grpc/grpc-js`'s own deadline, which is that of the policies or of the call. The engine's timer says the same in a moment, and
   * knows whose time it was.
   */
  #isOverAnyway(status: GrpcStatusObject): boolean {
    if (status.code !== GrpcStatus.DEADLINE_EXCEEDED || this.#of.isBegunStream) return false;
    if (systemClock.wallNow() < this.#deadline - GRAIN_MS) return false;
    this.#reach = this.#begun ? 'begun' : reachOf(status);
    // The server has heard of the deadline, and may say itself that it was over.
    if (this.#reach === 'answered') this.#reach = 'unknown';
    this.#isOverdue = true;
    return true;
  }

  #end(): void {
    this.#ended = true;
    this.#context.signal.removeEventListener('abort', this.#onAbort);
    if (this.#writer !== undefined) this.#of.sent.stop(this.#writer);
  }
}
