import type { Places } from '../../fetch/policies/call-settings.js';
import { placesOf } from '../../fetch/policies/call-settings.js';
import type { Home } from '../../pipeline/call/async-context.js';
import { homeHere } from '../../pipeline/call/async-context.js';
import { clockOf } from '../../pipeline/call/attempt-clock.js';
import type { CallTraits } from '../../pipeline/contract/call-traits.js';
import type { AttemptClock, Context } from '../../pipeline/contract/context.js';
import { runsAlone } from '../../pipeline/contract/context.js';
import type { Sending } from '../../pipeline/contract/injection.js';
import { sendingOf } from '../../pipeline/contract/injection.js';
import { inheritedMs } from '../../pipeline/inherited.js';
import type { Occupants } from '../../pipeline/lifecycle/occupants.js';
import { occupy } from '../../pipeline/lifecycle/occupants.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import type { Keyed } from '../../registry/keyed.js';
import { systemClock } from '../../time/clock.js';
import { attemptError } from '../attempt-end.js';
import { GrpcError, statusIn } from '../grpc-error.js';
import { kindOf, methodOf } from '../method.js';
import type { ResolvedGrpc } from '../options.js';
import { isIdempotent, keyOf, priorityIn, traitsOf } from '../options.js';
import { statusOfRefusal } from '../refusal-status.js';
import { GrpcStatus } from '../status.js';
import type { AttemptedCall } from './attempt.js';
import { Attempt } from './attempt.js';
import { endAfter } from './call-timer.js';
import { CancelSignal } from './cancel-signal.js';
import { Cancelled } from './cancelled.js';
import { deadlineOfCall, refuseNoTime } from './deadlines.js';
import type { StreamedCall } from './open-stream.js';
import { OpenStream } from './open-stream.js';
import { followParent } from './parent-call.js';
import { SentMessages } from './sent-messages.js';
import type {
  GrpcCall,
  GrpcCallOptions,
  GrpcListener,
  GrpcMessageContext,
  GrpcMetadata,
  GrpcNextCall,
  GrpcStatusObject,
} from './types.js';

/** What all calls of an interceptor have in common. */
export interface Setup {
  readonly options: ResolvedGrpc;
  readonly byKey: Keyed<unknown>;
}

/** A call that runs in the pipeline of its key: what the caller sees of it, whatever happens inside. */
export class InterceptedCall implements GrpcCall, AttemptedCall, StreamedCall {
  readonly isStream: boolean;
  readonly sent: SentMessages;
  /** Its own deadline or the inherited one, in milliseconds since the epoch. */
  readonly deadline: number;
  /** Its own. The pipeline knows the inherited one. */
  readonly #ownDeadline: number;
  idempotent: boolean | undefined;
  home: Home | undefined;
  readonly #sendsStream: boolean;
  readonly #setup: Setup;
  readonly #callOptions: GrpcCallOptions;
  readonly #nextCall: GrpcNextCall;
  readonly #signal = new CancelSignal();
  #traits: CallTraits | undefined;
  #metadata: GrpcMetadata | undefined;
  #listener: GrpcListener | undefined;
  #pipeline: Pipeline<unknown> | undefined;
  #occupants: Occupants | undefined;
  #leaveParent: (() => void) | undefined;
  #clearTimer: (() => void) | undefined;
  /** Of a call that sends a stream. */
  #places: Places | undefined;
  /** The attempt that is under way, or whose answer the caller gets. */
  #attempt: Attempt | undefined;
  /** Its answer has begun. */
  #begun: Attempt | undefined;
  #stream: OpenStream | undefined;
  /** The reader waits for a message. */
  #reading = false;
  #hadMessage = false;
  #ended = false;

  constructor(setup: Setup, callOptions: GrpcCallOptions, nextCall: GrpcNextCall) {
    const { requestStream, responseStream } = callOptions.method_definition;
    this.#setup = setup;
    this.#callOptions = callOptions;
    this.#nextCall = nextCall;
    this.isStream = responseStream;
    this.#sendsStream = requestStream;
    this.sent = new SentMessages(requestStream);
    this.#ownDeadline = deadlineOfCall(callOptions);
    this.deadline = Math.min(this.#ownDeadline, systemClock.wallNow() + inheritedMs());
  }

  start(metadata: GrpcMetadata, listener: GrpcListener = {}): void {
    this.#metadata = metadata;
    this.#listener = listener;
    if (this.isStream) this.home = homeHere();
    let run: Promise<unknown>;
    try {
      this.#enter();
      run = this.#execute(this.#pipeline as Pipeline<unknown>);
    } catch (error) {
      run = Promise.reject(error);
    }
    run.then(
      (status) => {
        if (!this.isBegunStream) this.#end(status as GrpcStatusObject);
      },
      (error: unknown) => this.#endBadly(error),
    );
  }

  sendMessage(message: unknown): void {
    this.sendMessageWithContext({}, message);
  }

  sendMessageWithContext(context: GrpcMessageContext, message: unknown): void {
    if (this.#ended) {
      context.callback?.();
      return;
    }
    this.sent.add(context, message);
    this.#attempt?.onSent();
    if (this.#reading) this.#stream?.wait();
  }

  halfClose(): void {
    this.sent.close();
    this.#attempt?.onClosed();
  }

  startRead(): void {
    this.#reading = true;
    this.#stream?.wait();
    this.#attempt?.inner?.startRead();
  }

  cancelWithStatus(code: number, details: string): void {
    if (this.#ended) return;
    if (this.#stream !== undefined) this.#stream.cancel(code, details);
    else this.#signal.abort(new Cancelled(code, details));
  }

  getPeer(): string {
    return this.#attempt?.inner?.getPeer() ?? 'unknown';
  }

  getAuthContext(): unknown {
    return this.#attempt?.inner?.getAuthContext?.() ?? null;
  }

  // What follows is for its attempts.

  get metadata(): GrpcMetadata {
    return this.#metadata as GrpcMetadata;
  }

  get retryable(): ReadonlySet<number> {
    return this.#setup.options.retryable;
  }

  get replayable(): boolean {
    return this.sent.replayable;
  }

  get wantsMessage(): boolean {
    return this.#reading && this.isStream;
  }

  get isBegunStream(): boolean {
    return this.#stream !== undefined;
  }

  /** Makes the call of an attempt. The served call that it is made for is followed here, for all attempts. */
  makeCall(deadlineMs: number): GrpcCall {
    const deadline = deadlineMs === Infinity ? undefined : deadlineMs;
    return this.#nextCall({ ...this.#callOptions, deadline, parent: undefined });
  }

  clockOf(context: Context): AttemptClock | undefined {
    return this.#places === undefined ? undefined : clockOf(context, this.#places.attempt);
  }

  begin(attempt: Attempt): boolean {
    if (this.#begun !== undefined || this.#ended) return this.#begun === attempt;
    this.#begun = attempt;
    this.sent.release();
    if (!this.isStream) return true;
    this.#stream = new OpenStream(this, {
      pipeline: this.#pipeline as Pipeline<unknown>,
      inner: attempt.inner,
      callId: attempt.callId,
      idleMs: this.#setup.options.idleTimeout,
    });
    if (this.#reading) this.#stream.wait();
    return true;
  }

  receiveMetadata(metadata: GrpcMetadata): void {
    this.#listener?.onReceiveMetadata?.(metadata);
  }

  receiveMessage(message: unknown): void {
    this.#hadMessage = true;
    this.#reading = false;
    this.#stream?.rest();
    this.#listener?.onReceiveMessage?.(message);
  }

  streamEnded(status: GrpcStatusObject): void {
    const stream = this.#stream as OpenStream;
    stream.atHome(() => {
      const cutBy = stream.end(status);
      if (cutBy === undefined) this.#end(status);
      else this.#endBadly(cutBy);
    });
  }

  /** @throws what functions of the options throw, and for a deadline that is no time. */
  #enter(): void {
    refuseNoTime(this.#callOptions);
    const { options, byKey } = this.#setup;
    const { method_definition: definition, host } = this.#callOptions;
    const kind = kindOf(definition.requestStream, definition.responseStream);
    const method = methodOf(definition.path, kind, host);
    this.idempotent = isIdempotent(options, method);
    this.#traits = traitsOf(options, method);
    this.#pipeline = byKey.get(keyOf(options, method));
    this.#occupants = occupy(this.#pipeline.lifetime);
    this.#leaveParent = followParent(this.#callOptions, () =>
      this.cancelWithStatus(GrpcStatus.CANCELLED, 'Cancelled by parent call'),
    );
  }

  #execute(pipeline: Pipeline<unknown>): Promise<unknown> {
    const signal = this.#signal as unknown as AbortSignal;
    const operation = (context: Context): Promise<unknown> => this.#run(context);
    const own = priorityIn(this.#traits);
    const left = this.#ownDeadline - systemClock.wallNow();
    if (!this.#sendsStream) {
      if (left === Infinity) return pipeline.execute(operation, { signal, ...own });
      return pipeline.execute(operation, { signal, deadline: pipeline.time.now() + left, ...own });
    }
    if (left !== Infinity) {
      this.#clearTimer = endAfter(left, pipeline, (error) => {
        if (!this.isBegunStream && !this.#ended) this.#signal.abort(error);
      });
    }
    // A caller may send for hours.
    const { layers } = pipeline.plan;
    this.#places = placesOf(layers);
    const { total } = this.#places;
    return pipeline.executeWith(
      operation,
      signal,
      total === undefined ? undefined : layers.map((_, i) => (i === total ? Infinity : undefined)),
      this.#traits,
    );
  }

  /** Runs one attempt. */
  #run(context: Context): Promise<unknown> {
    if (this.idempotent !== true || this.isStream || this.#sendsStream) runsAlone(context);
    const sending = sendingOf(context);
    return sending === undefined ? this.#send(context) : this.#sendWith(sending, context);
  }

  #send(context: Context): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const attempt = new Attempt(this, context, resolve, reject);
      this.#attempt = attempt;
      try {
        attempt.start();
      } catch (error) {
        attempt.fail(error);
      }
    });
  }

  /** Something may stand in for the server. A status that it gives counts as an answer. */
  async #sendWith(sending: Sending, context: Context): Promise<unknown> {
    try {
      return await sending(() => this.#send(context));
    } catch (error) {
      const status = statusIn(error);
      if (status === undefined || error instanceof GrpcError) throw error;
      const cause = { ...status, metadata: emptyLike(this.metadata), cause: error };
      throw attemptError({ ...status, reach: 'answered', pushback: [], cause }, this);
    }
  }

  /** It ended with an error of its policies, or of the last attempt. */
  #endBadly(error: unknown): void {
    if (error instanceof GrpcError) {
      this.#end(error.cause as GrpcStatusObject);
      return;
    }
    const metadata = emptyLike(this.metadata);
    if (error instanceof Cancelled) {
      const { code, details } = error;
      this.#end({ code, details, metadata });
    } else {
      this.#end({ ...statusOfRefusal(error), metadata, cause: error });
    }
  }

  #end(status: GrpcStatusObject): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#leaveParent?.();
    this.#clearTimer?.();
    this.sent.end();
    this.#occupants?.leave();
    // What a callback of the caller throws is an uncaught exception, as it is without this interceptor, and no rejection.
    queueMicrotask(() => {
      if (!this.isStream && !this.#hadMessage) this.#listener?.onReceiveMessage?.(null);
      this.#listener?.onReceiveStatus?.(status);
    });
  }
}

/** Metadata without entries, of the same class. */
function emptyLike(metadata: GrpcMetadata): GrpcMetadata {
  return new (metadata.constructor as new () => GrpcMetadata)();
}
