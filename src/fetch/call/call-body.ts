import type { TimeoutError } from '../../errors.js';
import type { CallSite } from '../../pipeline/call/call-site.js';
import { failLate } from '../../pipeline/call/late-failure.js';
import type { Occupants } from '../../pipeline/lifecycle/occupants.js';
import { success } from '../../pipeline/outcome/outcome.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { formatDuration } from '../../time/duration.js';
import type { TimeSource } from '../../time/time-source.js';
import type { Asked } from '../errors/timeout-error.js';
import { inheritedTimeout, timeoutErrorOf } from '../errors/timeout-error.js';
import type { ResolvedClient } from '../options.js';
import type { ResolvedOverrides } from '../overrides.js';
import type { BodyBounds, BodyTimeout } from '../response/body-guard.js';
import type { UnreadBody } from '../response/unread-bodies.js';
import { UnreadBodies } from '../response/unread-bodies.js';
import type { WatchableSignal } from '../signal/abort-watch.js';
import { notesOn } from '../verdict/result-notes.js';
import { isFetchFailure } from '../verdict/verdict.js';

/** The part of a call that its response's body needs, which may outlive the call. */
export interface AnsweredCall extends Asked {
  readonly overrides: ResolvedOverrides;
  /** Its number, if anybody listened. */
  readonly callId: number | undefined;
}

/** The bounds of one response's body, and what happens when it fails. It has no reference to the call, which has one to the response. */
export class CallBody implements BodyBounds, Asked, UnreadBody {
  readonly time: TimeSource;
  readonly idleMs: number;
  readonly bodyMs: number;
  readonly signal: WatchableSignal | undefined;
  readonly key: string | undefined;
  readonly method: string;
  readonly url: string;
  readonly site: CallSite | undefined;
  readonly arrivedAt: number;
  before: UnreadBody | undefined;
  after: UnreadBody | undefined;
  readonly #pipeline: Pipeline<unknown>;
  readonly #callId: number | undefined;
  readonly #options: ResolvedClient;
  /** Whether `bodyMs` is what is left of an inherited deadline. */
  readonly #isInherited: boolean;
  /** Whether the policies have counted it as a success of the upstream. */
  readonly #wasSuccess: boolean;
  /** Counts the call in its pipeline until it leaves. It leaves once. */
  #occupants: Occupants | undefined;
  #unread: UnreadBodies | undefined;

  /**
   * @param leftMs What is left of the deadline that the call inherited. Its caller waits for the body, too.
   * @param occupants What counts the call in its pipeline, if the body has to leave it.
   */
  constructor(
    response: unknown,
    pipeline: Pipeline<unknown>,
    options: ResolvedClient,
    call: AnsweredCall,
    signal: WatchableSignal | undefined,
    leftMs: number,
    occupants?: Occupants | undefined,
  ) {
    const { overrides } = call;
    this.time = pipeline.time;
    this.idleMs = overrides.idleTimeout ?? options.idleTimeout;
    const bodyMs = overrides.bodyTimeout ?? options.bodyTimeout;
    this.bodyMs = Math.min(bodyMs, leftMs);
    this.#isInherited = leftMs < bodyMs;
    this.signal = signal;
    this.key = call.key;
    this.method = call.method;
    this.url = call.url;
    this.site = call.site;
    this.#pipeline = pipeline;
    this.#callId = call.callId;
    this.#options = options;
    this.arrivedAt = pipeline.time.recent();
    const notes = notesOn(response);
    this.#wasSuccess =
      !isFetchFailure(success(response)) &&
      notes?.elsewhere !== true &&
      notes?.classified !== 'ignore';
    this.before = undefined;
    this.after = undefined;
    this.#occupants = occupants;
    this.#unread = undefined;
    if (occupants === undefined) return;
    const { lifetime, time } = pipeline;
    lifetime.unread ??= new UnreadBodies(time);
    const unread = lifetime.unread as UnreadBodies;
    unread.add(this);
    this.#unread = unread;
  }

  onRead(): void {
    this.#unread?.delete(this);
    this.#unread = undefined;
  }

  abandon(): void {
    this.#unread = undefined;
    this.#countOff();
  }

  #countOff(): void {
    const occupants = this.#occupants;
    this.#occupants = undefined;
    occupants?.leave();
  }

  timeoutError(policy: BodyTimeout, timeoutMs: number): TimeoutError {
    if (this.#isInherited && policy === 'body_timeout') {
      return inheritedTimeout(timeoutMs, this.#options, this);
    }
    const what = policy === 'idle_timeout' ? 'nothing came for' : 'the body took longer than';
    const text = `timed out: ${what} ${formatDuration(timeoutMs)}`;
    const blockedMs = this.time.blockedSince(this.time.now() - timeoutMs);
    return timeoutErrorOf(text, timeoutMs, policy, this.#options, this, blockedMs);
  }

  onEnd(error: unknown): void {
    this.onRead();
    this.#countOff();
    if (error === undefined) return;
    this.site?.addTo(error);
    failLate(this.#pipeline, {
      error,
      succeededAt: this.arrivedAt,
      wasSuccess: this.#wasSuccess,
      callId: this.#callId,
    });
  }
}
