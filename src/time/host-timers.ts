import { clearHostTimer } from './fakes.js';
import { unref } from './unref.js';

/** The longest delay that a host timer takes. With one millisecond more it fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** How often a timer checks whether it is due by a clock that is moved by hand. */
const LOOK_MS = 10;

type HostTimer = ReturnType<typeof setTimeout>;

/** How long the next leg of a timer takes, after a leg of `waitedMs`. Not above 0: the timer is due. */
type NextLeg = (waitedMs: number) => number;

/** A timer that waits in legs. It never fires after it was cleared: `setTimeout` may be faked while `clearTimeout` is not. */
class TimerInLegs {
  #callback: (() => void) | undefined;
  readonly #nextLeg: NextLeg;
  #leg: HostTimer | undefined;
  #keepsAlive = true;

  constructor(callback: () => void, nextLeg: NextLeg) {
    this.#callback = callback;
    this.#nextLeg = nextLeg;
    this.#wait(Math.max(0, nextLeg(0)));
  }

  clear(): void {
    this.#callback = undefined;
    clearHostTimer(this.#leg);
  }

  unref(): void {
    this.#keepsAlive = false;
    unref(this.#leg);
  }

  #wait(legMs: number): void {
    this.#leg = setTimeout(() => this.#waited(legMs), legMs);
    if (!this.#keepsAlive) unref(this.#leg);
  }

  #waited(waitedMs: number): void {
    if (this.#callback === undefined) return;
    const legMs = this.#nextLeg(waitedMs);
    if (legMs > 0) this.#wait(legMs);
    else this.#callback();
  }
}

/** A timer that can be cleared where the host's cannot, for a delay that may be too long for one of the host's. */
export function clearableTimer(callback: () => void, delayMs: number): unknown {
  let leftMs = delayMs;
  return new TimerInLegs(callback, (waitedMs) => {
    leftMs -= waitedMs;
    return Math.min(Math.ceil(leftMs), MAX_TIMER_MS);
  });
}

/** Waits on real timers for a clock that is moved by hand. */
export function watchingTimer(callback: () => void, delayMs: number, now: () => number): unknown {
  const dueAt = now() + delayMs;
  return new TimerInLegs(callback, () => Math.min(LOOK_MS, Math.ceil(dueAt - now())));
}

/** Sets a timer for any delay. */
export function setTimer(callback: () => void, delayMs: number): unknown {
  // Hosts cut fractions off. Without rounding up, every such timer would be early.
  return delayMs > MAX_TIMER_MS
    ? clearableTimer(callback, delayMs)
    : setTimeout(callback, Math.ceil(delayMs));
}

/** Cancels any of these timers, or one of the host's. */
export function clearTimer(timer: unknown): void {
  if (timer instanceof TimerInLegs) timer.clear();
  else clearHostTimer(timer);
}
