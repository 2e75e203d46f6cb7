/** Knows for how long the event loop was blocked. */
export interface BlockedTime {
  /** How long it has been from `fromMs` to `nowMs`, without the time in which the loop was blocked. */
  elapsed(fromMs: number, nowMs: number): number;
}

/** A shorter hold-up is none: timers of hosts are that coarse, and turns of a busy loop that long. */
export const LEAST_BLOCK_MS = 15;

/** How many of the last blocks are known. */
const KEPT = 16;

/**
 * How often one exchange with an upstream waits for the event loop: name looked up, connected, secured, answered. Only so many of the longest blocks
 * are taken off its time. With more, a process that is always busy would never notice that its upstream is slow.
 */
const WAITS = 4;

/** The times in which the event loop was blocked of late, so that nothing could be sent, received or noticed. It is told the time. */
export class Blocks {
  /** The end of the last one. */
  until = -Infinity;
  /** Start and end of each, the last one first. */
  #all: (readonly [start: number, end: number])[] = [];

  /** What was due at `dueMs` comes only now. */
  note(dueMs: number, nowMs: number): void {
    // It may have been held up by a block that is known.
    const start = Math.max(dueMs, this.until);
    if (!(nowMs - start >= LEAST_BLOCK_MS)) return;
    this.until = nowMs;
    this.#all = [[start, nowMs] as const, ...this.#all].slice(0, KEPT);
  }

  /** For how much of this span the loop was blocked, in milliseconds: the sum of the longest blocks in it. */
  between(fromMs: number, untilMs: number): number {
    // Almost always: there was none since. A reading that is no time is no block, either.
    if (!(this.until > fromMs)) return 0;
    return this.#all
      .map(([start, end]) => Math.max(0, Math.min(end, untilMs) - Math.max(start, fromMs)))
      .sort((a, b) => b - a)
      .slice(0, WAITS)
      .reduce((sum, ms) => sum + ms);
  }
}
