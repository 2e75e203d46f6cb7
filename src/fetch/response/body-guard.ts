import type { TimeSource } from '../../time/time-source.js';
import { unref } from '../../time/unref.js';
import type { AbortListener, WatchableSignal } from '../signal/abort-watch.js';
import { unwatchAbort, watchAbort } from '../signal/abort-watch.js';

/** The times that bound a body, as errors name them. */
export type BodyTimeout = 'idle_timeout' | 'body_timeout';

/** The bounds for reading a body after its headers. Nothing here may refer to the response, or it would stay in memory. */
export interface BodyBounds {
  readonly time: TimeSource;
  /** The request's method. The answer to a HEAD has no body. */
  readonly method?: string | undefined;
  /** How long a reader waits for the next chunk, in milliseconds; `Infinity` for no limit. */
  readonly idleMs: number;
  /** How long the whole body may take from its headers on, in milliseconds; `Infinity` for no limit. */
  readonly bodyMs: number;
  /** Makes the error for a time that is over. */
  timeoutError(policy: BodyTimeout, timeoutMs: number): unknown;
  /** The caller's signal. */
  readonly signal?: WatchableSignal | null | undefined;
  /** Called when somebody waits for a chunk of the body, at least the first time. */
  onRead?(): void;
  /**
   * Called once when the body has ended in any way that can be known: read, cancelled, given up, failed, or collected as garbage. Garbage
   * collection is observed if there is a signal or a time for the whole body. `failure` is why it failed, `undefined` for any other end.
   */
  readonly onEnd?: ((failure: unknown) => void) | undefined;
}

/** The controller whose signal fetch has. */
export interface Abortable {
  abort(reason: unknown): void;
}

/** Somebody who waits for a chunk of the body, as the guard sees it. */
export interface WaitingReader {
  /** The next in the guard's list. */
  next: WaitingReader | undefined;
  /** The guard has aborted. */
  breakOff(reason: unknown): void;
}

/**
 * Keeps the bounds of one body in force. fetch has answered and the pipeline is done with the call, but a server can also stall in the
 * body. When a time is over, or the caller's signal aborts, the controller aborts, and so does
 * the reading of the body.
 *
 * While nobody reads, no timer is armed, except for the time of the whole body. The guard keeps neither
 * the response nor the process alive.
 */
export class BodyGuard implements AbortListener {
  readonly bounds: BodyBounds;
  readonly #controller: Abortable;
  readonly #timer: unknown;
  #fired: { readonly reason: unknown; readonly failed: boolean } | undefined;
  #ended = false;
  /** The readers that wait for a chunk. */
  #waiting: WaitingReader | undefined;
  /** How many readers do not tell when they wait. */
  #unseen = 0;
  /** How many branches the body has through clones, less the cancelled ones. */
  branches = 1;
  /** How often its stream itself was split. Then it is cancelled when all branches are. */
  splits = 0;
  /** Whether the body had several branches when it was broken off. */
  wasSplit = false;
  #collectable = false;

  constructor(controller: Abortable, bounds: BodyBounds) {
    this.#controller = controller;
    this.bounds = bounds;
    const { signal, bodyMs, time } = bounds;
    if (signal !== undefined && signal !== null) watchAbort(signal, this);
    if (bodyMs === Infinity) return;
    this.#timer = time.clock.setTimer(() => this.#bodyTimedOut(), bodyMs);
    // A body that nobody reads must not keep the process alive. One that is read does so by its socket.
    unref(this.#timer);
  }

  /** Ends when this object is collected as garbage. That costs more than all the rest, so it is done only if something would be left over. */
  endWith(body: object): void {
    const { signal } = this.bounds;
    if (this.#timer === undefined && (signal === undefined || signal === null)) return;
    this.#collectable = true;
    abandoned.register(body, this, this);
  }

  /** A reader waits for a chunk. */
  join(reading: WaitingReader): void {
    this.bounds.onRead?.();
    reading.next = this.#waiting;
    this.#waiting = reading;
  }

  /** A reader that does not tell when it waits reads until {@link BodyGuard.partUnseen}. */
  joinUnseen(): void {
    this.bounds.onRead?.();
    this.#unseen++;
  }

  partUnseen(): void {
    this.#unseen--;
  }

  /** This reader no longer waits. */
  part(reading: WaitingReader): void {
    if (this.#waiting === reading) {
      this.#waiting = reading.next;
    } else {
      let each = this.#waiting;
      while (each !== undefined && each.next !== reading) each = each.next;
      if (each !== undefined) each.next = reading.next;
    }
    reading.next = undefined;
  }

  /** The caller's signal aborted. */
  onAbort(reason: unknown): void {
    this.#fire(reason, false);
    this.end(undefined);
  }

  /** A reader has waited too long. */
  idle(): void {
    const { bounds } = this;
    this.#fire(bounds.timeoutError('idle_timeout', bounds.idleMs), true);
  }

  /** Whether this guard broke the reading off. Then everything after that does not matter. */
  get brokenOff(): boolean {
    return this.#fired !== undefined;
  }

  /** A reader got this error. Returns the error that its user gets: once the guard has aborted, the guard's reason. */
  failed(error?: unknown): unknown {
    const fired = this.#fired;
    if (fired === undefined) {
      this.end(error);
      return error;
    }
    this.end(fired.failed ? fired.reason : undefined);
    return fired.reason;
  }

  /** The error to show for one that does not end the body, such as that of a second reader. */
  reasonOf(error: unknown): unknown {
    return this.#fired === undefined ? error : this.#fired.reason;
  }

  /** One of the branches was cancelled. */
  cancelled(): void {
    if (--this.branches <= 0) this.end(undefined);
  }

  /** The body has ended. */
  end(failure: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release();
    if (this.#collectable) abandoned.unregister(this);
    this.bounds.onEnd?.(failure);
  }

  #bodyTimedOut(): void {
    const { bounds } = this;
    const read = this.#waiting !== undefined || this.#unseen > 0;
    this.#fire(bounds.timeoutError('body_timeout', bounds.bodyMs), read);
    // Nobody reads, so nobody is told, and the upstream has not failed.
    if (!read) this.end(undefined);
  }

  #fire(reason: unknown, failed: boolean): void {
    if (this.#ended || this.#fired !== undefined) return;
    this.#fired = { reason, failed };
    this.wasSplit = this.branches > 1 || this.splits > 0;
    this.#release();
    this.#controller.abort(reason);
    // A body that is not fetch's own may ignore the signal.
    let each = this.#waiting;
    while (each !== undefined) {
      const { next } = each;
      each.breakOff(reason);
      each = next;
    }
  }

  #release(): void {
    const { signal, time } = this.bounds;
    if (this.#timer !== undefined) time.clock.clearTimer(this.#timer);
    if (signal !== undefined && signal !== null) unwatchAbort(signal, this);
  }
}

const abandoned = new FinalizationRegistry<BodyGuard>((guard) => guard.end(undefined));
