import { clearHostTimer } from './fakes.js';
import { unref } from './unref.js';

/** The longest delay that a host timer takes. With one millisecond more it fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** How often a timer checks whether it is due by a clock that is moved by hand. */
const LOOK_MS = 10;

type HostTimer = ReturnType<typeof setTimeout>;

/** Waits for a delay in several legs. */
abstract class TimerInLegs {
  #leg: HostTimer | undefined;
  #keepsAlive = true;

  clear(): void {
    clearHostTimer(this.#leg);
  }

  unref(): void {
    this.#keepsAlive = false;
    unref(this.#leg);
  }

  protected wait(legMs: number): void {
    this.#leg = setTimeout(() => this.waited(legMs), legMs);
    if (!this.#keepsAlive) unref(this.#leg);
  }

  protected abstract waited(legMs: number): void;
}

/** A delay too long for one host timer. */
class LongTimer extends TimerInLegs {
  #leftMs: number;
  readonly #callback: () => void;

  constructor(callback: () => void, delayMs: number) {
    super();
    this.#callback = callback;
    this.#leftMs = delayMs;
    this.wait(Math.min(delayMs, MAX_TIMER_MS));
  }

  protected override waited(legMs: number): void {
    this.#leftMs -= legMs;
    if (this.#leftMs > 0) this.wait(Math.min(this.#leftMs, MAX_TIMER_MS));
    else this.#callback();
  }
}

/** Waits on real timers for a clock that is moved by hand. */
export class WatchingTimer extends TimerInLegs {
  readonly #callback: () => void;
  readonly #now: () => number;
  readonly #dueAt: number;

  constructor(callback: () => void, delayMs: number, now: () => number) {
    super();
    this.#callback = callback;
    this.#now = now;
    this.#dueAt = now() + delayMs;
    this.#go();
  }

  protected override waited(): void {
    if (this.#now() < this.#dueAt) this.#go();
    else this.#callback();
  }

  #go(): void {
    this.wait(Math.min(LOOK_MS, Math.max(0, Math.ceil(this.#dueAt - this.#now()))));
  }
}

/** A timer that never fires after it was cleared. `setTimeout` may be faked while `clearTimeout` is not. */
export class ClearableTimer {
  #callback: (() => void) | undefined;
  readonly #timer: unknown;

  constructor(callback: () => void, set: (callback: () => void) => unknown) {
    this.#callback = callback;
    this.#timer = set(() => this.#callback?.());
  }

  clear(): void {
    this.#callback = undefined;
    clearTimer(this.#timer);
  }

  unref(): void {
    unref(this.#timer);
  }
}

/** Sets a timer for any delay. */
export function setTimer(callback: () => void, delayMs: number): unknown {
  // Hosts cut fractions off. Without rounding up, every such timer would be early.
  return delayMs > MAX_TIMER_MS
    ? new LongTimer(callback, delayMs)
    : setTimeout(callback, Math.ceil(delayMs));
}

/** Cancels any of these timers, or one of the host's. */
export function clearTimer(timer: unknown): void {
  if (timer instanceof TimerInLegs || timer instanceof ClearableTimer) timer.clear();
  else clearHostTimer(timer);
}
