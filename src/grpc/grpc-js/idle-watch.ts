import type { Deadline, DeadlineListener } from '../../time/deadline-queue.js';
import type { TimeSource } from '../../time/time-source.js';

/** Watches how long a reader waits for the next message. Time in which nobody waits does not count. */
export class IdleWatch implements DeadlineListener<IdleWatch> {
  readonly #time: TimeSource;
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #deadline: Deadline | undefined;
  #over = false;

  /** @param idleMs `Infinity` for no limit. */
  constructor(time: TimeSource, idleMs: number, onIdle: () => void) {
    this.#time = time;
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
  }

  /** The reader waits from now on, or something has moved meanwhile. */
  wait(): void {
    this.rest();
    if (this.#idleMs === Infinity || this.#over) return;
    this.#deadline = this.#time.deadlines(this.#idleMs).add(this, this, 0);
  }

  /** Nobody waits. */
  rest(): void {
    const deadline = this.#deadline;
    this.#deadline = undefined;
    // A deadline that has passed has left the queue, and may already serve another watch.
    if (deadline?.owner === this) deadline.queue.remove(deadline);
  }

  /** The stream is over. */
  end(): void {
    this.#over = true;
    this.rest();
  }

  onDeadline(): void {
    this.#deadline = undefined;
    if (!this.#over) this.#onIdle();
  }
}
