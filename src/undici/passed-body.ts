import type { BodyBounds } from '../fetch/response/body-guard.js';
import { BodyGuard } from '../fetch/response/body-guard.js';
import { BodyReading } from '../fetch/response/body-reading.js';

/** What aborts the reading of a body. */
interface Abortable {
  abort(reason: never): void;
}

/**
 * The body of a response on its way through the interceptor. Whoever reads it shows himself only by pausing: as long as he has not,
 * he waits.
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

  /** It has come to its end, or nobody wants it any more. */
  ended(): void {
    this.paused();
    this.guard.end(undefined);
  }

  /** It failed. Answers what the reader is to get. */
  failed(error: unknown): unknown {
    this.paused();
    return this.atHome(() => this.guard.failed(error));
  }

  protected override stop(): void {
    // The connection's end is told to whoever reads.
  }
}
