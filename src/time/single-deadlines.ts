import type { Deadline, DeadlineListener, TickingTime } from './deadline-queue.js';
import { DeadlineQueue } from './deadline-queue.js';

/** Real timers may come up to a millisecond early. By less than this, only sums of fractions differ: a fake timer is exact. */
const LEAST_EARLY_MS = 0.01;

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
    this.#arm(deadline, this.durationMs);
    return deadline;
  }

  #arm(deadline: Deadline, delayMs: number): void {
    const { clock } = this.#time;
    const timer = clock.setTimer(() => {
      const leftMs = deadline.at - this.#time.now();
      if (leftMs > LEAST_EARLY_MS && leftMs < 1 && this.durationMs >= 2) {
        this.#arm(deadline, leftMs);
        return;
      }
      const { listener, owner, token } = deadline;
      this.#forget(deadline);
      listener.onDeadline(owner, token);
    }, delayMs);
    this.#pending.set(deadline, timer);
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
