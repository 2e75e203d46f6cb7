import type { Home } from '../../pipeline/home.js';
import { homeHere } from '../../pipeline/home.js';
import { systemClock } from '../../time/clock.js';
import type { Deadline, DeadlineListener } from '../../time/deadline-queue.js';
import type { BodyGuard, WaitingReader } from './body-guard.js';

/** The part of a web stream's reader that reading needs. */
export interface WebReader {
  read(...args: unknown[]): PromiseLike<ReadResult>;
  cancel(reason?: unknown): PromiseLike<unknown>;
}

/** What a reader reads. */
export interface ReadResult {
  readonly done: boolean;
  readonly value?: unknown;
}

/**
 * One who reads a guarded body. While he waits for a chunk the idle timeout runs, and it starts anew with each: two steps in a queue of
 * deadlines, and no timer of its own.
 */
export abstract class BodyReading implements DeadlineListener<BodyReading>, WaitingReader {
  readonly guard: BodyGuard;
  /** The next of those who wait: for the guard. */
  next: WaitingReader | undefined;
  #reads = 0;
  #deadline: Deadline | undefined;
  /** Where he began to read: a timer, and a socket's events, may be another call's. */
  #home: Home | undefined;

  constructor(guard: BodyGuard) {
    this.guard = guard;
  }

  /** Ends what he waits for. */
  protected abstract stop(reason: unknown): void;

  /**
   * Cancels what he reads from, for a stream that does not heed the signal. Where there are several halves of it, later: fetch's own has ended
   * by then, and undici 6 throws what comes of cancelling both halves where nobody can catch it.
   */
  protected cancel(reader: WebReader, reason: unknown): void {
    const cancel = (): void => {
      try {
        reader.cancel(reason).then(ignore, ignore);
      } catch {
        // A double's.
      }
    };
    if (this.guard.wasSplit) systemClock.setTimer(cancel, 0);
    else cancel();
  }

  /** He waits, for one chunk more. */
  wait(): void {
    if (this.#reads++ > 0) return;
    this.#home ??= homeHere();
    this.guard.join(this);
    this.#arm();
  }

  /** Something came, though it may not be what he waits for. */
  moved(): void {
    if (this.#reads === 0) return;
    const before = this.#deadline;
    // In this order the queue is never empty, and its timer stays.
    this.#arm();
    this.#disarm(before);
  }

  /** What he waited for came, or will not come. */
  settle(): void {
    if (--this.#reads > 0) {
      this.moved();
      return;
    }
    this.#disarm(this.#deadline);
    this.#deadline = undefined;
    this.guard.part(this);
  }

  /** The one who waited has gone, and may be followed by another. */
  protected doze(): void {
    this.#deadline = undefined;
    this.#home = undefined;
  }

  /** There is somebody again. */
  wake(): void {
    if (this.#reads === 0 || this.#deadline !== undefined) return;
    this.#home ??= homeHere();
    this.#arm();
  }

  onDeadline(): void {
    this.#deadline = undefined;
    this.atHome(() => this.guard.idle());
  }

  /** Does what user code may be told of, in the async context of the one who reads. */
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
      // Nothing was left to be ended.
    }
  }

  #arm(): void {
    const { idleMs, time } = this.guard.bounds;
    if (idleMs === Infinity || this.guard.brokenOff) return;
    this.#deadline = time.deadlines(idleMs).add(this, this, 0);
  }

  #disarm(deadline: Deadline | undefined): void {
    // One that has passed left the queue by itself, and may serve another reader by now.
    if (deadline !== undefined && deadline.owner === this) deadline.queue.remove(deadline);
  }
}

function ignore(): void {}
