// Taken before any test can replace them. The upstream lives in real time, as a remote service does.
const { setTimeout, clearTimeout } = globalThis;

/** The longest delay a host timer takes. With one millisecond more it fires at once. No test runs long enough to see the difference. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A timer of {@link UpstreamTimers}. */
export type UpstreamTimer = ReturnType<typeof setTimeout>;

/** Timers that can be cleared all together. */
export class UpstreamTimers {
  readonly #armed = new Set<UpstreamTimer>();

  /** Calls `step` after `delayMs`. When that is 0, calls it at once, before this returns. */
  after(delayMs: number, step: () => void): UpstreamTimer | undefined {
    if (delayMs <= 0) {
      step();
      return undefined;
    }
    const timer = setTimeout(
      () => {
        this.#armed.delete(timer);
        step();
      },
      Math.min(delayMs, MAX_TIMER_MS),
    );
    this.#armed.add(timer);
    return timer;
  }

  clear(timer: UpstreamTimer): void {
    clearTimeout(timer);
    this.#armed.delete(timer);
  }

  clearAll(): void {
    for (const timer of this.#armed) clearTimeout(timer);
    this.#armed.clear();
  }
}
