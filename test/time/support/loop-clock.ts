import type { Clock } from 'holdfast';

interface Timer {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock with an event loop that the test runs, and blocks. */
export class LoopClock implements Clock {
  time: number;
  /** How many milliseconds before they are due timers come, as those of a host may. */
  earlyMs = 0;
  /** How often the time was asked for. */
  readings = 0;
  readonly #timers = new Set<Timer>();
  #order = 0;

  constructor(start = 1_000) {
    this.time = start;
  }

  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    this.readings++;
    return this.time;
  }

  wallNow(): number {
    return this.time;
  }

  setTimer(callback: () => void, delayMs: number): unknown {
    const dueAt = this.time + Math.max(1, delayMs) - this.earlyMs;
    const timer = { dueAt, order: this.#order++, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(handle: unknown): void {
    this.#timers.delete(handle as Timer);
  }

  /** Lets time pass while nothing else happens: timers that become due wait for `run`. */
  block(ms: number): void {
    this.time += ms;
  }

  /** Lets time pass with a free event loop. */
  run(ms: number): void {
    const until = this.time + ms;
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.dueAt - b.dueAt || a.order - b.order)[0];
      if (next === undefined || next.dueAt > until) break;
      this.#timers.delete(next);
      this.time = Math.max(this.time, next.dueAt);
      next.callback();
    }
    this.time = Math.max(this.time, until);
  }
}
