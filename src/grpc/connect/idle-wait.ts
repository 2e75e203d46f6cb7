import type { Deadline, DeadlineListener } from '../../time/deadline-queue.js';
import type { TimeSource } from '../../time/time-source.js';

/** Tells when nothing has moved for too long. */
export class IdleWait implements DeadlineListener<IdleWait> {
  readonly #time: TimeSource;
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #deadline: Deadline | undefined;

  /** @param idleMs `Infinity` for no limit. */
  constructor(time: TimeSource, idleMs: number, onIdle: () => void) {
    this.#time = time;
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
    this.moved();
  }

  /** Something moved. */
  moved(): void {
    if (this.#idleMs === Infinity) return;
    const before = this.#deadline;
    this.#deadline = this.#time.deadlines(this.#idleMs).add(this, this, 0);
    this.#remove(before);
  }

  end(): void {
    this.#remove(this.#deadline);
    this.#deadline = undefined;
  }

  onDeadline(): void {
    this.#deadline = undefined;
    this.#onIdle();
  }

  #remove(deadline: Deadline | undefined): void {
    // One that has passed may already serve somebody else.
    if (deadline !== undefined && deadline.owner === this) deadline.queue.remove(deadline);
  }
}
