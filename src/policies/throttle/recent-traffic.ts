import { TimeWindow } from '../../windows/time-window.js';
import type { Traffic } from './probability.js';

/**
 * The traffic of the last `windowMs`, within a tenth of it.
 *
 * A request is counted when it comes. One that is refused here counts at once, for good. One that is let in counts as in flight. At its
 * end it moves into the window of that moment, or is taken back. So both halves of a request are always counted together. Accepts
 * are never more than requests, and a result that took longer than the window counts like any other.
 */
export class RecentTraffic implements Traffic {
  readonly #ended: TimeWindow;
  inFlight = 0;

  constructor(windowMs: number) {
    this.#ended = new TimeWindow(windowMs);
  }

  /** Moves on to `nowMs`. Call it before reading the numbers. */
  advance(nowMs: number): void {
    this.#ended.advance(nowMs);
  }

  get requests(): number {
    return this.#ended.total + this.inFlight;
  }

  get accepts(): number {
    return this.#ended.total - this.refusals;
  }

  /** Requests that were refused, by the upstream or here. */
  get refusals(): number {
    return this.#ended.failures;
  }

  /** A request was refused here. */
  refuse(nowMs: number): void {
    this.#ended.record(nowMs, true, false);
  }

  /** A request was let in. */
  begin(): void {
    this.inFlight++;
  }

  /** A request that was let in is over. It is taken back, unless {@link count} tells how it ended. */
  end(): void {
    this.inFlight--;
  }

  /** How the request that is over ended. */
  count(nowMs: number, refused: boolean): void {
    this.#ended.record(nowMs, refused, false);
  }
}
