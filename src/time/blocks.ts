/** A shorter hold-up is none: timers of hosts are that coarse, and turns of a busy loop that long. */
export const LEAST_BLOCK_MS = 15;

/** Knows for how long the event loop was blocked. */
export interface BlockedTime {
  blockedSince(fromMs: number, nowMs: number): number;
}

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
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** What was due at `dueMs` comes only now. */
  note(dueMs: number, nowMs: number): void {
    const last = this.#ends.length - 1;
    if (dueMs <= this.until) {
      // It was held up by the block that is known.
      this.#starts[last] = Math.min(dueMs, this.#starts[last] as number);
    } else if (nowMs - dueMs < LEAST_BLOCK_MS) {
      return;
    } else {
      this.#starts.push(dueMs);
      this.#ends.push(nowMs);
    }
    this.until = Math.max(this.until, nowMs);
    this.#ends[this.#ends.length - 1] = this.until;
    if (this.#ends.length <= KEPT) return;
    this.#starts.shift();
    this.#ends.shift();
  }

  /** For how much of this span the loop was blocked, in milliseconds: the sum of the longest blocks in it. */
  between(fromMs: number, untilMs: number): number {
    return this.#ends
      .map((end, i) => Math.min(end, untilMs) - Math.max(this.#starts[i] as number, fromMs))
      .sort((a, b) => b - a)
      .slice(0, WAITS)
      .reduce((sum, ms) => sum + Math.max(0, ms), 0);
  }
}
