import { TimeoutError } from '../../errors.js';
import type { BodyBounds, BodyTimeout } from '../../fetch/response/body-guard.js';
import type { UnreadBody } from '../../fetch/response/unread-bodies.js';
import { UnreadBodies } from '../../fetch/response/unread-bodies.js';
import { AT_INHERITED, INHERITED_DEADLINE } from '../../pipeline/inherited.js';
import type { Occupants } from '../../pipeline/lifecycle/occupants.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { formatDuration } from '../../time/duration.js';
import type { TimeSource } from '../../time/time-source.js';
import { GrpcError } from '../grpc-error.js';
import { statusOfRefusal } from '../refusal-status.js';
import { GrpcStatus } from '../status.js';
import { idleError, streamFailed } from '../stream-end.js';
import { connectError } from './connect-error.js';
import { readError } from './read-error.js';

/** What the bounds of a stream need of its call. */
export interface StreamedCall {
  readonly pipeline: Pipeline<unknown>;
  /** How long a reader waits for the next message, in milliseconds. */
  readonly idleMs: number;
  /** What is left of the deadline that the call inherited, in milliseconds. */
  readonly leftMs: number;
  /** The caller's signal. */
  readonly signal: AbortSignal;
  /** The number of the call, if anybody listens. */
  readonly callId: number | undefined;
  /** Counts the call in its pipeline. The stream leaves it. */
  readonly occupants: Occupants;
  /** What aborts the attempt. */
  readonly controller: AbortController;
}

/** The bounds of a stream that was handed to the caller, and what happens at its end. Nothing here leads to the stream, so that it can be collected as garbage. */
export class StreamBounds implements BodyBounds, UnreadBody {
  readonly time: TimeSource;
  readonly idleMs: number;
  readonly bodyMs: number;
  readonly signal: AbortSignal;
  readonly arrivedAt: number;
  before: UnreadBody | undefined = undefined;
  after: UnreadBody | undefined = undefined;
  readonly #call: StreamedCall;
  #occupants: Occupants | undefined;
  #unread: UnreadBodies | undefined;
  /** The inherited deadline is over. That is no fault of the upstream. */
  #isOverdue = false;

  constructor(call: StreamedCall) {
    const { pipeline } = call;
    const { lifetime, time } = pipeline;
    this.time = time;
    this.idleMs = call.idleMs;
    this.bodyMs = call.leftMs;
    this.signal = call.signal;
    this.arrivedAt = time.recent();
    this.#call = call;
    this.#occupants = call.occupants;
    lifetime.unread ??= new UnreadBodies(time);
    this.#unread = lifetime.unread as UnreadBodies;
    this.#unread.add(this);
  }

  timeoutError(which: BodyTimeout, timeoutMs: number): TimeoutError {
    const { pipeline } = this.#call;
    if (which === 'idle_timeout') return idleError(pipeline, timeoutMs);
    this.#isOverdue = true;
    const { name, publicKey: key, label } = pipeline;
    const message = `${label}: ${AT_INHERITED} ${formatDuration(timeoutMs)}`;
    return new TimeoutError(message, {
      timeoutMs,
      pipeline: name,
      policy: INHERITED_DEADLINE,
      key,
    });
  }

  onRead(): void {
    this.#unread?.delete(this);
    this.#unread = undefined;
  }

  abandon(): void {
    this.#unread = undefined;
    this.#leave();
  }

  onEnd(error: unknown): void {
    this.onRead();
    this.#leave();
    const { pipeline, callId, controller } = this.#call;
    // Frees what the transport holds for a stream that nobody reads any more. One that has ended does not notice.
    controller.abort(endedReason());
    if (error === undefined || this.#isOverdue) return;
    const stream = { pipeline, begunAt: this.arrivedAt, callId };
    streamFailed(stream, lateError(error, this.time.clock.wallNow()));
  }

  #leave(): void {
    const occupants = this.#occupants;
    this.#occupants = undefined;
    occupants?.leave();
  }
}

let ended: unknown;

/** Why a stream's signal aborts when the stream is over: a cancellation, which the transport passes on as one. Made once, as it has a stack. */
function endedReason(): unknown {
  ended ??= connectError(GrpcStatus.CANCELLED, 'the stream has ended', undefined);
  return ended;
}

/** What policies see of the end of a stream. */
function lateError(error: unknown, wallNowMs: number): unknown {
  const end = error instanceof TimeoutError ? statusOfRefusal(error) : readError(error, wallNowMs);
  return end === undefined ? error : new GrpcError(end.code, end.details, error);
}
