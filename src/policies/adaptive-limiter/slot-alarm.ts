import type { TimeSource } from '../../time/time-source.js';

/**
 * Rings when a kept slot becomes free and a call waits for it: no other call may come by then. An idle limiter has no timer. Where timers belong to
 * a request there is none, and each waiting call looks for itself.
 */
export class SlotAlarm {
  readonly #ring: (time: TimeSource) => void;
  #timer: unknown;
  #at = Infinity;

  constructor(ring: (time: TimeSource) => void) {
    this.#ring = ring;
  }

  /** Sets it to this time alone; Infinity for none. */
  set(atMs: number, time: TimeSource): void {
    if (atMs === this.#at || time.bound) return;
    const { clock } = time;
    if (this.#at < Infinity) clock.clearTimer(this.#timer);
    this.#at = atMs;
    if (atMs === Infinity) return;
    this.#timer = clock.setTimer(
      () => {
        this.#at = Infinity;
        this.#ring(time);
      },
      Math.max(0, Math.ceil(atMs - time.now())),
    );
  }
}
