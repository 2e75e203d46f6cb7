import type { Deadline, DeadlineListener } from './deadline-queue.js';
import { DeadlineQueue } from './deadline-queue.js';
import type { TimeSource } from './time-source.js';

/**
 * Deadlines under fake timers: a timer for each, so that it passes exactly when the fakes say. Many of them
 * (those of node:test, of vitest before 3) leave `performance.now` alone, so the clock cannot say when a deadline is due.
 */
export class FakedDeadlines extends DeadlineQueue {
  readonly #time: TimeSource;
  readonly #pending = new Map<Deadline, unknown>();

  constructor(time: TimeSource, durationMs: number) {
    super(time, durationMs);
    this.#time = time;
  }

  override get empty(): boolean {
    return this.#pending.size === 0;
  }

  override add<Owner>(listener: DeadlineListener<Owner>, owner: Owner, token: number): Deadline {
    if (this.isOutdated) return this.#time.deadlines(this.durationMs).add(listener, owner, token);
    const deadline: Deadline = {
      queue: this,
      at: this.#time.now() + this.durationMs,
      listener: listener as DeadlineListener,
      owner,
      token,
      place: 0,
      order: 0,
      previous: undefined,
      next: undefined,
    };
    const timer = this.#time.clock.setTimer(() => {
      this.#forget(deadline);
      listener.onDeadline(owner, token);
    }, this.durationMs);
    this.#pending.set(deadline, timer);
    return deadline;
  }

  override remove(deadline: Deadline): void {
    this.#time.clock.clearTimer(this.#pending.get(deadline));
    this.#forget(deadline);
  }

  override timeOf(deadline: Deadline): number {
    return deadline.at;
  }

  #forget(deadline: Deadline): void {
    this.#pending.delete(deadline);
    deadline.owner = undefined;
  }
}
