import type { Dispatcher } from 'undici';
import type { PassedBody } from './passed-body.js';

type Controller = Dispatcher.DispatchController;
type RawHeaders = NonNullable<Controller['rawHeaders']> | null;

/**
 * The controller that the maker of a request gets, for all attempts. It exists from the start, so that the request
 * can be given up while it waits for a slot, or between two attempts. It is also the call's signal: making an AbortController
 * would cost more than all the policies.
 */
export class CallController implements Controller {
  reason: Error | null = null;
  aborted = false;
  paused = false;
  #inner: Controller | undefined;
  #body: PassedBody | undefined;
  readonly #listeners = new Set<() => void>();

  /** The response is passed on. From now on this controller acts on that of the response. */
  attach(inner: Controller, body: PassedBody): void {
    this.#inner = inner;
    this.#body = body;
    if (this.aborted) inner.abort(this.reason as Error);
  }

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of [...this.#listeners]) listener();
    this.#inner?.abort(reason);
  }

  pause(): void {
    this.paused = true;
    this.#body?.paused();
    this.#inner?.pause();
  }

  resume(): void {
    this.paused = false;
    this.#body?.resumed();
    this.#inner?.resume();
  }

  get rawHeaders(): RawHeaders {
    return this.#inner?.rawHeaders ?? null;
  }

  get rawTrailers(): RawHeaders {
    return this.#inner?.rawTrailers ?? null;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }
}
