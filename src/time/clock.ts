import { unref } from './unref.js';

/**
 * Where time comes from. Everything that waits or measures takes it from a `Clock`, so that tests
 * can drive it by hand (`VirtualClock` of `holdfast/testing`) and simulators can compress it.
 */
export interface Clock {
  /** Monotonic milliseconds, with fractions, from an arbitrary start. Never goes back. */
  now(): number;
  /** Milliseconds since the Unix epoch. May jump either way; only for what outlives the process. */
  wallNow(): number;
  /**
   * Calls back once, `delayMs` from now, and never before this returns. Any delay is allowed,
   * however long; zero or less means as soon as possible. Host timers have a grain of a millisecond
   * and may come that much early: who must not be early compares `now()` with the time due.
   */
  setTimer(callback: () => void, delayMs: number): unknown;
  /** Cancels what `setTimer` returned. Once it has fired or been cancelled, does nothing. */
  clearTimer(handle: unknown): void;
}

/** The longest delay a host timer takes; one millisecond more and it fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

type HostTimer = ReturnType<typeof setTimeout>;

/** A delay too long for one host timer, waited for in legs. */
class LongTimer {
  #leg: HostTimer | undefined;
  #leftMs: number;
  #keepsAlive = true;
  readonly #callback: () => void;

  constructor(callback: () => void, delayMs: number) {
    this.#callback = callback;
    this.#leftMs = delayMs;
    this.#wait();
  }

  #wait(): void {
    const legMs = Math.min(this.#leftMs, MAX_TIMER_MS);
    this.#leg = setTimeout(() => {
      this.#leftMs -= legMs;
      if (this.#leftMs > 0) this.#wait();
      else this.#callback();
    }, legMs);
    if (!this.#keepsAlive) unref(this.#leg);
  }

  unref(): void {
    this.#keepsAlive = false;
    unref(this.#leg);
  }

  clear(): void {
    clearTimeout(this.#leg);
  }
}

/**
 * The real clock. It looks up `performance.now`, `Date.now`, `setTimeout` and `clearTimeout` at
 * each call, so fake timers installed at any moment (`vi.useFakeTimers()`, sinon) take effect.
 * Its timers keep the process alive.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: (callback, delayMs) =>
    // Hosts cut fractions off, which would make every such timer early.
    delayMs > MAX_TIMER_MS
      ? new LongTimer(callback, delayMs)
      : setTimeout(callback, Math.ceil(delayMs)),
  clearTimer: (handle) => {
    if (handle instanceof LongTimer) handle.clear();
    else clearTimeout(handle as HostTimer | undefined);
  },
};

/** The same clock in all copies of this package. */
const SYSTEM_CLOCK = Symbol.for('holdfast.systemClock');
Object.defineProperty(systemClock, SYSTEM_CLOCK, { value: true });

/** Whether it is the system clock, of whatever copy of this package. */
export function isSystemClock(clock: Clock): boolean {
  return clock === systemClock || SYSTEM_CLOCK in clock;
}

/** What Node, Bun and Deno have, and browsers and workers have not. */
interface PollingHost {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly clearImmediate?: (handle: unknown) => void;
}

/** Calls back once the event loop has delivered what has arrived by now; `undefined` where the host has no such hook. */
export function afterPoll(callback: () => void): unknown {
  return (globalThis as PollingHost).setImmediate?.(callback);
}

/** Takes back what {@link afterPoll} answered. */
export function cancelAfterPoll(handle: unknown): void {
  if (handle !== undefined) (globalThis as PollingHost).clearImmediate?.(handle);
}
