import type { AbortListener } from '../fetch/abort-watch.js';
import { unwatchAbort, watchAbort } from '../fetch/abort-watch.js';
import type { BodyBounds } from '../fetch/body-guard.js';

/** What aborts the reading of a body. */
interface Abortable {
  abort(reason: never): void;
}

/** Keeps a call's deadline and the caller's signal in force until {@link BodyBound.release}. */
export class BodyBound implements AbortListener {
  readonly #controller: Abortable;
  readonly #bounds: BodyBounds;
  #timer: unknown;
  #ended = false;

  constructor(controller: Abortable, bounds: BodyBounds) {
    const { clock, deadline, timeoutError, signal } = bounds;
    this.#controller = controller;
    this.#bounds = bounds;
    if (deadline !== Infinity) {
      const expire = (): void => this.onAbort(timeoutError());
      this.#timer = clock.setTimer(expire, Math.max(0, deadline - clock.now()));
      // A body nobody reads must not hold up the end of the process; one that is read does so by its socket.
      unref(this.#timer);
    }
    if (signal === undefined || signal === null) return;
    if (signal.aborted) this.onAbort(signal.reason);
    else watchAbort(signal, this);
  }

  onAbort(reason: unknown): void {
    this.release(reason);
    this.#controller.abort(reason as never);
  }

  /** The body has ended. */
  release(failure?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const { clock, signal, onEnd } = this.#bounds;
    if (this.#timer !== undefined) clock.clearTimer(this.#timer);
    if (signal !== undefined && signal !== null) unwatchAbort(signal, this);
    onEnd?.(failure);
  }
}

function unref(timer: unknown): void {
  const { unref: own } = (timer ?? {}) as { readonly unref?: unknown };
  if (typeof own === 'function') own.call(timer);
}
