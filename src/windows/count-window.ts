import type { CallWindow } from './call-window.js';

const FAILED = 1;
const SLOW = 2;

/**
 * Counts the outcomes of the last `size` calls, exactly. Time plays no part: an outcome leaves only
 * when newer ones push it out.
 *
 * It allocates its memory at the first record: one byte for each outcome.
 */
export class CountWindow implements CallWindow {
  readonly timed = false;
  readonly #size: number;
  #outcomes: Uint8Array | undefined;
  #next = 0;
  #total = 0;
  #failures = 0;
  #slow = 0;

  /** @param size How many outcomes it holds: a whole number >= 1. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Adds the outcome of a call, in place of the oldest when the window is full. */
  record(_nowMs: number, failed: boolean, slow: boolean): void {
    this.#outcomes ??= new Uint8Array(this.#size);
    const outcomes = this.#outcomes;
    const at = this.#next;
    if (this.#total === this.#size) {
      const oldest = outcomes[at] as number;
      this.#failures -= oldest & FAILED;
      this.#slow -= oldest >> 1;
    } else {
      this.#total++;
    }
    outcomes[at] = (failed ? FAILED : 0) | (slow ? SLOW : 0);
    if (failed) this.#failures++;
    if (slow) this.#slow++;
    this.#next = at + 1 === this.#size ? 0 : at + 1;
  }

  succeed(nowMs: number): void {
    this.record(nowMs, false, false);
  }

  /** The success that becomes a failure is the newest. */
  failSuccess(): boolean {
    const outcomes = this.#outcomes;
    if (outcomes === undefined || this.#failures === this.#total) return false;
    for (let i = 1; ; i++) {
      const at = (this.#next - i + this.#size) % this.#size;
      if (((outcomes[at] as number) & FAILED) !== 0) continue;
      outcomes[at] = (outcomes[at] as number) | FAILED;
      this.#failures++;
      return true;
    }
  }

  add(nowMs: number, calls: number, failures: number, slow: number): void {
    const kept = Math.min(this.#size, calls);
    const share = kept / calls;
    // Their order is not known. The failures go last, where they are kept longest.
    for (let left = kept; left > 0; left--) {
      this.record(nowMs, left <= Math.round(failures * share), left <= Math.round(slow * share));
    }
  }

  advance(): void {}

  get total(): number {
    return this.#total;
  }

  get failures(): number {
    return this.#failures;
  }

  get slow(): number {
    return this.#slow;
  }

  clear(): void {
    // The ring and the place in it can stay as they are: the ring is read only after it was filled again.
    this.#total = 0;
    this.#failures = 0;
    this.#slow = 0;
  }
}
