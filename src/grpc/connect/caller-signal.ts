import type { AbortListener } from '../../fetch/signal/abort-watch.js';
import { unwatchAbort, watchAbort } from '../../fetch/signal/abort-watch.js';
import type { Clock } from '../../time/clock.js';
import { timeIsOver } from './connect-error.js';

/** How much later than the transport's the pipeline's own timer may be, in milliseconds. */
const GRACE_MS = 100;

/**
 * The caller's signal, for a call whose deadline the pipeline keeps as well. A transport aborts its signal at the deadline, and that looks as if the caller
 * had given up: no policy would count it. The pipeline's timer ends the call at about the same time, as a timeout. So an abort because of the
 * deadline waits for it.
 */
export class CallerSignal implements AbortListener {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal;
  readonly #clock: Clock;
  readonly #over: (() => unknown) | undefined;
  #timer: unknown;

  /** @param over Makes the reason for the end of a call whose deadline no timer of the pipeline keeps. */
  constructor(caller: AbortSignal, clock: Clock, over?: () => unknown) {
    this.#caller = caller;
    this.#clock = clock;
    this.#over = over;
    if (caller.aborted) this.#controller.abort(caller.reason);
    else watchAbort(caller, this);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  onAbort(reason: unknown): void {
    const abort = (): void => this.#controller.abort(reason);
    if (!timeIsOver(reason)) abort();
    else if (this.#over !== undefined) this.#controller.abort(this.#over());
    else this.#timer = this.#clock.setTimer(abort, GRACE_MS);
  }

  /** The call is over. */
  end(): void {
    unwatchAbort(this.#caller, this);
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
  }
}
