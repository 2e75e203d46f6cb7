import { isRejectedError } from '../../error-kinds.js';
import { ContractError } from '../../errors.js';
import { placesOf } from '../../fetch/policies/call-settings.js';
import { BodyGuard } from '../../fetch/response/body-guard.js';
import { clockOf } from '../../pipeline/call/attempt-clock.js';
import type { AttemptClock, Context } from '../../pipeline/contract/context.js';
import { callIdOf, controllerOf, runsAlone } from '../../pipeline/contract/context.js';
import { sendingOf } from '../../pipeline/contract/injection.js';
import { inheritedMs } from '../../pipeline/inherited.js';
import type { Occupants } from '../../pipeline/lifecycle/occupants.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import type { RepeatTerms } from '../attempt-end.js';
import { attemptError, noteTimeout } from '../attempt-end.js';
import { noteOnCall, notesOnCall } from '../call-notes.js';
import type { GrpcMethod } from '../method.js';
import type { ResolvedGrpc } from '../options.js';
import { isIdempotent } from '../options.js';
import { setAttemptHeaders, timeoutIn } from './attempt-headers.js';
import { callerError } from './call-error.js';
import { isConnectError } from './connect-error.js';
import { peek } from './peek.js';
import { readError } from './read-error.js';
import type { RequestMessages, SendListener } from './request-messages.js';
import { KeptMessages, OneMessage, StreamedMessages } from './request-messages.js';
import { StreamBounds } from './stream-bounds.js';
import { StreamMessages, StreamReading } from './stream-reading.js';
import type { ConnectNext, ConnectRequest, ConnectResponse } from './types.js';

type Messages = AsyncIterable<unknown>;

/** The levels `NO_SIDE_EFFECTS` and `IDEMPOTENT` of a method's definition. `IDEMPOTENCY_UNKNOWN` says nothing. */
const DECLARED: Readonly<Record<number, boolean>> = { 1: true, 2: true };

/** An answer whose messages stream. */
interface Streamed {
  readonly response: ConnectResponse;
  readonly controller: AbortController;
  readonly source: AsyncIterator<unknown>;
  readonly first: Promise<IteratorResult<unknown>> | undefined;
}

/** One call through connect-es: what its attempts have in common. */
export class ConnectCall<Q extends ConnectRequest, A extends ConnectResponse>
  implements SendListener
{
  readonly #request: Q;
  readonly #next: ConnectNext<Q, A>;
  readonly #options: ResolvedGrpc;
  readonly #pipeline: Pipeline<unknown>;
  readonly #idempotent: boolean | undefined;
  readonly #messages: RequestMessages;
  readonly #streams: Streamed[] = [];
  /** The call must not be sent again. */
  #final = false;
  #callId: number | undefined;
  /** The clock of an attempt, while the caller streams and no answer has begun. */
  #clock: AttemptClock | undefined;
  /** How the answer is read, if it streams. */
  #reading: StreamReading | undefined;

  constructor(
    request: Q,
    next: ConnectNext<Q, A>,
    options: ResolvedGrpc,
    pipeline: Pipeline<unknown>,
    method: GrpcMethod,
  ) {
    this.#request = request;
    this.#next = next;
    this.#options = options;
    this.#pipeline = pipeline;
    this.#idempotent = isIdempotent(options, method, DECLARED[request.method.idempotency ?? 0]);
    const { message, stream } = request;
    if (!stream) this.#messages = new OneMessage(message);
    else if (method.kind === 'server_streaming') {
      this.#messages = new KeptMessages(message as Messages);
    } else this.#messages = new StreamedMessages(message as Messages, this);
  }

  /** Sends it. */
  async attempt(context: Context): Promise<A> {
    const controller = controllerOf(context);
    const { signal } = controller;
    if (this.#idempotent !== true || this.#request.stream) runsAlone(context);
    this.#begin(signal);
    this.#callId ??= callIdOf(context);
    if (this.#sendsStream) {
      this.#clock = clockOf(context, placesOf(this.#pipeline.plan.layers).attempt);
      // The server is not to blame for the time in which the caller has nothing to send.
      this.#clock.stop();
    }
    try {
      const send = (): Promise<A> => this.#next(this.#requestFor(context, signal));
      const sending = sendingOf(context);
      const response = await (sending === undefined ? send() : (sending(send) as Promise<A>));
      if (response.stream) await this.#open(response, controller, context);
      return response;
    } catch (error) {
      throw signal.aborted ? error : this.#failed(error);
    } finally {
      this.#clock = undefined;
    }
  }

  /** The answer for the caller: the bounds hold while its messages are read. `occupants` is left when they have ended. */
  answer(response: A, occupants: Occupants): A {
    const streamed = this.#streams.find((each) => each.response === response);
    if (streamed === undefined) {
      occupants.leave();
      return response;
    }
    const { controller, source, first } = streamed;
    const { signal } = this.#request;
    const end = new StreamBounds({
      pipeline: this.#pipeline,
      idleMs: this.#idleMs,
      leftMs: inheritedMs(),
      signal,
      callId: this.#callId,
      occupants,
      controller,
    });
    const guard = new BodyGuard(controller, end);
    const told = (error: unknown): unknown => callerError(error, signal);
    const reading = new StreamReading(source, first, guard, told);
    const message = new StreamMessages(reading);
    guard.endWith(message);
    this.#reading = reading;
    // It may have aborted since the call has ended.
    if (signal.aborted) guard.onAbort(signal.reason);
    return { ...response, message };
  }

  onSent(): void {
    this.#reading?.moved();
    if (!this.#isBidi) return;
    // The server may answer now.
    this.#clock?.stop();
    this.#clock?.start(0);
  }

  onEnd(): void {
    this.#clock?.start(0);
  }

  get #isBidi(): boolean {
    return this.#request.method.methodKind === 'bidi_streaming';
  }

  /** Whether the caller streams. */
  get #sendsStream(): boolean {
    return this.#messages instanceof StreamedMessages;
  }

  get #idleMs(): number {
    return this.#options.idleTimeout ?? Infinity;
  }

  #requestFor(context: Context, signal: AbortSignal): Q {
    const header = new Headers(this.#request.header);
    // The time of a policy ends with the first message, and the server would end the whole stream. An inherited deadline is for all of it.
    const leftMs = this.#request.stream ? inheritedMs() : context.timeLeft;
    const ownMs = leftMs === Infinity ? undefined : timeoutIn(header);
    setAttemptHeaders(header, context.attempt, Math.min(leftMs, ownMs ?? Infinity));
    return { ...this.#request, signal, header, message: this.#messages.take() };
  }

  /** The answer of an attempt streams. */
  async #open(
    response: ConnectResponse,
    controller: AbortController,
    context: Context,
  ): Promise<void> {
    const source = (response.message as Messages)[Symbol.asyncIterator]();
    // Where both stream, a caller may send only when it has the headers. And nothing can be sent again.
    const first = this.#isBidi ? undefined : source.next();
    if (first !== undefined) {
      // Nobody may read it.
      first.catch(ignore);
      await peek(first, this.#pipeline.time.clock, context.timeLeft);
    }
    this.#streams.push({ response, controller, source, first });
  }

  #begin(signal: AbortSignal): void {
    if (this.#final || !this.#messages.replayable) throw this.#sentTwice();
    if (this.#idempotent !== true) this.#final = true;
    signal.addEventListener('abort', () => this.#aborted(signal.reason));
  }

  #sentTwice(): ContractError {
    const { name, parent } = this.#request.method;
    return new ContractError(
      `a policy asks for a second ${parent.typeName}/${name}, but the first may have reached the server; set idempotent: true if it may run twice`,
    );
  }

  /** The attempt was given up. */
  #aborted(reason: unknown): void {
    noteTimeout(reason, 'unknown', this.#terms);
    this.#note(reason);
  }

  /** An attempt failed, and nobody had given it up. Returns the error that policies see. */
  #failed(cause: unknown): unknown {
    // Another interceptor of this kind, inside, has refused it.
    if (isConnectError(cause) && isRejectedError(cause.cause)) return cause.cause;
    const end = readError(cause, this.#pipeline.time.clock.wallNow());
    if (end === undefined) {
      // A fault in somebody's code. Nobody knows how far the call had got.
      const final = this.#final;
      const known = { worth: false, final, tooLarge: false, pushback: undefined };
      noteOnCall(cause, { ...known, reach: 'unknown' });
      return cause;
    }
    const error = attemptError(end, this.#terms);
    this.#note(error);
    return error;
  }

  get #terms(): RepeatTerms {
    const { replayable } = this.#messages;
    return { idempotent: this.#idempotent, retryable: this.#options.retryable, replayable };
  }

  #note(error: unknown): void {
    this.#final = notesOnCall(error)?.final ?? this.#final;
  }
}

function ignore(): void {}
