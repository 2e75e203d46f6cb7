import type { Waiting } from './deadline-batch.js';
import { DeadlineBatch } from './deadline-batch.js';
import type { TickingTime } from './deadline-queue.js';
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
  readonly #timers = new Map<DeadlineBatch, unknown>();

  constructor(time: TickingTime, durationMs: number) {
    super(time, durationMs);
    this.#time = time;
  }

  override get empty(): boolean {
    return this.#timers.size === 0;
  }

  override put(entry: Waiting): void {
    if (this.isOutdated) {
      this.#time.deadlines(this.durationMs).put(entry);
      return;
    }
    const batch = new DeadlineBatch(this);
    batch.add(entry);
    batch.stamp(this.#time.now() + this.durationMs);
    this.#arm(batch, this.durationMs);
  }

  #arm(batch: DeadlineBatch, delayMs: number): void {
    const { clock } = this.#time;
    const timer = clock.setTimer(() => {
      const leftMs = batch.at - this.#time.now();
      if (leftMs > LEAST_EARLY_MS && leftMs < 1 && this.durationMs >= 2) {
        this.#arm(batch, leftMs);
        return;
      }
      this.#timers.delete(batch);
      batch.shift()?.expire(batch.at);
    }, delayMs);
    this.#timers.set(batch, timer);
  }

  override emptied(batch: DeadlineBatch): void {
    const timer = this.#timers.get(batch);
    if (this.#timers.delete(batch)) this.#time.clock.clearTimer(timer);
  }

  override letGo(): void {}
}
