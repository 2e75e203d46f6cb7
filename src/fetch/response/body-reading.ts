import type { Home } from '../../pipeline/call/async-context.js';
import { homeHere } from '../../pipeline/call/async-context.js';
import { systemClock } from '../../time/clock.js';
import type { Deadline, DeadlineListener } from '../../time/deadline-queue.js';
import type { BodyGuard, WaitingReader } from './body-guard.js';

/** The part of a web stream's reader that is needed here. */
export interface WebReader {
  read(...args: unknown[]): PromiseLike<ReadResult>;
  cancel(reason?: unknown): PromiseLike<unknown>;
}

/** The result of a read. */
export interface ReadResult {
  readonly done: boolean;
  readonly value?: unknown;
}

/**
 * A reader of a guarded body. While it waits for a chunk, the idle timeout runs. It starts again with each chunk. That takes two steps in a queue of
 * deadlines, and no timer of its own.
 */
export abstract class BodyReading implements DeadlineListener<BodyReading>, WaitingReader {
  readonly guard: BodyGuard;
  /** The next waiting reader, in the guard's list. */
  next: WaitingReader | undefined;
  #reads = 0;
  #deadline: Deadline | undefined;
  /** The async context in which the reading began. A timer or a socket's event may run in another call's. */
  #home: Home | undefined;

  constructor(guard: BodyGuard) {
    this.guard = guard;
  }

  /** Ends the pending reads. */
  protected abstract stop(reason: unknown): void;

  /**
   * Cancels the stream that is read, in case it ignores the signal. If it has several branches, that happens later. fetch's own stream has ended
   * by then, and undici 6 throws an error that nobody can catch when both branches are cancelled.
   */
  protected cancel(reader: WebReader, reason: unknown): void {
    const cancel = (): void => {
      try {
        reader.cancel(reason).then(ignore, ignore);
      } catch {
        // A test double's reader.
      }
    };
    if (this.guard.wasSplit) systemClock.setTimer(cancel, 0);
    else cancel();
  }

  /** It waits for one more chunk. */
  wait(): void {
    if (this.#reads++ > 0) return;
    this.#home ??= homeHere();
    this.guard.join(this);
    this.#arm();
  }

  /** Something came. It may not be what the reader waits for. */
  moved(): void {
    if (this.#reads === 0) return;
    const before = this.#deadline;
    // In this order the queue is never empty, so its timer stays.
    this.#arm();
    this.#disarm(before);
  }

  /** What the reader waited for came, or will not come. */
  settle(): void {
    if (--this.#reads > 0) {
      this.moved();
      return;
    }
    this.#disarm(this.#deadline);
    this.#deadline = undefined;
    this.guard.part(this);
  }

  /** The waiting user has gone. Another one may follow. */
  protected doze(): void {
    this.#deadline = undefined;
    this.#home = undefined;
  }

  /** There is a user again. */
  wake(): void {
    if (this.#reads === 0 || this.#deadline !== undefined) return;
    this.#home ??= homeHere();
    this.#arm();
  }

  onDeadline(): void {
    this.#deadline = undefined;
    this.atHome(() => this.guard.idle());
  }

  /** Runs something that user code may notice, in the reader's async context. */
  protected atHome<T>(run: () => T): T {
    const home = this.#home;
    return home === undefined ? run() : home.runInAsyncScope(run, undefined);
  }

  /** The guard has aborted. */
  breakOff(reason: unknown): void {
    if (this.#reads === 0) return;
    this.#disarm(this.#deadline);
    this.#deadline = undefined;
    try {
      this.stop(reason);
    } catch {
      // Nothing was left to end.
    }
  }

  #arm(): void {
    const { idleMs, time } = this.guard.bounds;
    if (idleMs === Infinity || this.guard.brokenOff) return;
    this.#deadline = time.deadlines(idleMs).add(this, this, 0);
  }

  #disarm(deadline: Deadline | undefined): void {
    // A deadline that has passed has left the queue, and may already serve another reader.
    if (deadline !== undefined && deadline.owner === this) deadline.queue.remove(deadline);
  }
}

function ignore(): void {}
