import type { Deadline, DeadlineListener, TickingTime } from './deadline-queue.js';
import { DeadlineQueue } from './deadline-queue.js';

/**
 * Deadlines with a timer for each. There are two uses. Under fake timers, a deadline has to pass exactly when the fakes say. Many
 * of them (those of node:test, of vitest before 3) do not fake `performance.now`, so the clock cannot say when a deadline is due.
 * And where timers belong to a request, each deadline has to pass within its own request.
 */
export class SingleDeadlines extends DeadlineQueue {
  readonly #time: TickingTime;
  readonly #pending = new Map<Deadline, unknown>();

  constructor(time: TickingTime, durationMs: number) {
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

  override letGo(): void {}

  #forget(deadline: Deadline): void {
    this.#pending.delete(deadline);
    deadline.owner = undefined;
  }
}
