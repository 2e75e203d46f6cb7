import type { Home } from '../../pipeline/call/async-context.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { systemClock } from '../../time/clock.js';
import type { RepeatTerms } from '../attempt-end.js';
import { attemptError } from '../attempt-end.js';
import { statusOfRefusal } from '../refusal-status.js';
import { GrpcStatus } from '../status.js';
import type { BegunStream } from '../stream-end.js';
import { idleError, streamFailed } from '../stream-end.js';
import { GRAIN_MS } from './deadlines.js';
import { IdleWatch } from './idle-watch.js';
import type { GrpcCall, GrpcStatusObject } from './types.js';

/** The call that a stream belongs to. */
export interface StreamedCall extends RepeatTerms {
  /** When it has to be over, in milliseconds since the epoch. */
  readonly deadline: number;
  /** The caller's async context: a timer or a socket's event may run in that of another call. */
  readonly home: Home | undefined;
}

/** How a stream comes to its caller. */
export interface StreamSource {
  readonly pipeline: Pipeline<unknown>;
  /** The call of the attempt that was answered. */
  readonly inner: GrpcCall | undefined;
  readonly callId: number | undefined;
  /** `Infinity` for no limit. */
  readonly idleMs: number;
}

/** A stream whose answer has begun, from then to its end. Its policies have let it go; the idle time and the call's own deadline bound it. */
export class OpenStream implements BegunStream {
  readonly pipeline: Pipeline<unknown>;
  readonly begunAt: number;
  readonly callId: number | undefined;
  readonly #call: StreamedCall;
  readonly #inner: GrpcCall | undefined;
  readonly #idle: IdleWatch;
  #cancelled = false;
  /** Why it was cut from here. */
  #cutBy: unknown;

  constructor(call: StreamedCall, { pipeline, inner, callId, idleMs }: StreamSource) {
    this.pipeline = pipeline;
    this.begunAt = pipeline.time.recent();
    this.callId = callId;
    this.#call = call;
    this.#inner = inner;
    this.#idle = new IdleWatch(pipeline.time, idleMs, () => this.atHome(() => this.#cut(idleMs)));
  }

  /** The reader waits from now on, or something has moved meanwhile. */
  wait(): void {
    this.#idle.wait();
  }

  /** Nobody waits. */
  rest(): void {
    this.#idle.rest();
  }

  /** The caller gives it up. */
  cancel(code: number, details: string): void {
    this.#cancelled = true;
    this.#inner?.cancelWithStatus(code, details);
  }

  /** Runs something in the context of the caller. */
  atHome(run: () => void): void {
    const { home } = this.#call;
    if (home === undefined) run();
    else home.runInAsyncScope(run, undefined);
  }

  /** It is over. Reports it if the upstream failed. Returns why it was cut, if it was cut from here. */
  end(status: GrpcStatusObject): unknown {
    this.#idle.end();
    if (this.#cutBy === undefined && status.code !== GrpcStatus.OK && !this.#byCaller) {
      const { code, details } = status;
      const end = { code, details, reach: 'begun', pushback: [], cause: status } as const;
      streamFailed(this, attemptError(end, this.#call));
    }
    return this.#cutBy;
  }

  /** The caller has cancelled it, or has set it a deadline that is over. */
  get #byCaller(): boolean {
    return this.#cancelled || systemClock.wallNow() >= this.#call.deadline - GRAIN_MS;
  }

  /** Nothing came for too long. */
  #cut(idleMs: number): void {
    const error = idleError(this.pipeline, idleMs);
    this.#cutBy = error;
    streamFailed(this, error);
    const { code, details } = statusOfRefusal(error);
    this.#inner?.cancelWithStatus(code, details);
  }
}
