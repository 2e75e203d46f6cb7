import type { BodyBounds } from '../fetch/response/body-guard.js';
import { BodyGuard } from '../fetch/response/body-guard.js';
import { BodyReading } from '../fetch/response/body-reading.js';

/** The controller that aborts the reading of a body. */
interface Abortable {
  abort(reason: never): void;
}

/**
 * The body of a response on its way through the interceptor. Its reader is seen only when it pauses. As long as it has not paused,
 * it waits.
 */
export class PassedBody extends BodyReading {
  #waits = false;

  constructor(controller: Abortable, bounds: BodyBounds) {
    super(new BodyGuard(controller as { abort(reason: unknown): void }, bounds));
  }

  resumed(): void {
    if (this.#waits) return;
    this.#waits = true;
    this.wait();
  }

  paused(): void {
    if (!this.#waits) return;
    this.#waits = false;
    this.settle();
  }

  /** A chunk came. */
  came(): void {
    if (this.#waits) this.moved();
  }

  /** The body has ended, or nobody wants it any more. */
  ended(): void {
    this.paused();
    this.guard.end(undefined);
  }

  /** The body failed. Returns the error that the reader gets. */
  failed(error: unknown): unknown {
    this.paused();
    return this.atHome(() => this.guard.failed(error));
  }

  protected override stop(): void {
    // The reader is told of the connection's end.
  }
}
