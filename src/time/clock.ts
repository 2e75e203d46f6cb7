import { CONTRACT, shared } from '../copies.js';
import { areUntouched } from './fakes.js';
import { FollowedTime } from './followed-time.js';
import { ClearableTimer, clearTimer, setTimer, WatchingTimer } from './host-timers.js';

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

/** One for all copies of this package: deadlines go from one to another. */
interface Followed {
  /** Once fakes were seen: time goes on from theirs for as long as the process lives. */
  time: FollowedTime | undefined;
}

const followed = shared(`followed.${CONTRACT}`, (): Followed => ({ time: undefined }));

/** The time where fakes are, or have been. */
function followedTime(): FollowedTime {
  followed.time ??= new FollowedTime();
  return followed.time;
}

const isReal = (): boolean => followed.time === undefined && areUntouched();

/** A timer where fakes are, or have been. */
function setFollowedTimer(callback: () => void, delayMs: number): unknown {
  const time = followedTime();
  if (time.hasRealTimers) return new WatchingTimer(callback, delayMs, () => time.now());
  const dueAt = time.now() + delayMs;
  const fire = (): void => {
    time.reach(dueAt);
    callback();
  };
  return new ClearableTimer(fire, (fired) => setTimer(fired, delayMs));
}

/**
 * The real clock. It looks up `performance.now`, `Date`, `setTimeout` and `clearTimeout` at each call, so fake timers installed
 * at any moment (those of jest, vitest, sinon or node:test) take effect, whichever of these they fake: its time goes on
 * where it was, and passes as theirs does. Its timers keep the process alive.
 */
export const systemClock: Clock = {
  now: () => (isReal() ? performance.now() : followedTime().now()),
  wallNow: () => Date.now(),
  setTimer: (callback, delayMs) =>
    isReal() ? setTimer(callback, delayMs) : setFollowedTimer(callback, delayMs),
  clearTimer,
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

const { setImmediate: loadedSetImmediate } = globalThis as PollingHost;

/**
 * Calls back once the event loop has delivered what has arrived by now; `undefined` where the host has no such hook, or a fake is in its
 * place, which need not call back.
 */
export function afterPoll(callback: () => void): unknown {
  const { setImmediate } = globalThis as PollingHost;
  return setImmediate === loadedSetImmediate ? setImmediate?.(callback) : undefined;
}

/** Takes back what {@link afterPoll} answered. */
export function cancelAfterPoll(handle: unknown): void {
  if (handle !== undefined) (globalThis as PollingHost).clearImmediate?.(handle);
}
