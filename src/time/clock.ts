import { CONTRACT, shared } from '../copies.js';
import { areUntouched, realNow } from './fakes.js';
import { FollowedTime } from './followed-time.js';
import { clearableTimer, clearTimer, setTimer, watchingTimer } from './host-timers.js';

/**
 * Where time comes from. Everything that waits or measures takes it from a `Clock`, so that tests
 * can drive it by hand (`VirtualClock` of `holdfast/testing`) and simulators can compress it.
 */
export interface Clock {
  /** Monotonic milliseconds, with fractions, from an arbitrary start. Never goes back. */
  now(): number;
  /** Milliseconds since the Unix epoch. It may jump either way, so use it only for what outlives the process. */
  wallNow(): number;
  /**
   * Calls back once, `delayMs` from now, and never before this returns. Any delay is allowed, however long; zero or
   * less means as soon as possible. Host timers have a grain of a millisecond and may come that much early. If you must
   * not be early, compare `now()` with the time due.
   */
  setTimer(callback: () => void, delayMs: number): unknown;
  /** Cancels what `setTimer` returned. Does nothing once that has fired or been cancelled. */
  clearTimer(handle: unknown): void;
}

/** All copies of this package share one, since deadlines go from one copy to another. */
interface Followed {
  /** Set once fakes were seen. From then on, time goes on from theirs for as long as the process lives. */
  time: FollowedTime | undefined;
}

/** Sealed, because Jest deletes what is on the global object, property by property, while timers may still fire. */
const followed = shared(`followed.${CONTRACT}`, (): Followed => Object.seal({ time: undefined }));

/** The time once there are fakes, or have been. */
function followedTime(): FollowedTime {
  followed.time ??= new FollowedTime();
  return followed.time;
}

/** Whether there are fakes, or have been. */
export const followsFakes = (): boolean => followed.time !== undefined;

const isReal = (): boolean => followed.time === undefined && areUntouched();

/** Sets a timer once there are fakes, or have been. */
function setFollowedTimer(callback: () => void, delayMs: number): unknown {
  const time = followedTime();
  if (time.hasRealTimers) return watchingTimer(callback, delayMs, () => time.now());
  const dueAt = time.now() + delayMs;
  const fire = (): void => {
    time.reach(dueAt);
    callback();
  };
  return clearableTimer(fire, delayMs);
}

/**
 * The real clock. It looks up `performance.now`, `Date`, `setTimeout` and `clearTimeout` at each call. So fake timers
 * take effect whenever they are installed, whichever of these they fake (those of jest, vitest, sinon or node:test).
 * Its time then goes on from where it was, and passes as theirs does. Its timers keep the process alive.
 */
export const systemClock: Clock = {
  // Where time is real, what was loaded first is what `performance.now` is: on Node, each look at `performance` is a call.
  now: () => (isReal() ? realNow() : followedTime().now()),
  wallNow: () => Date.now(),
  setTimer: (callback, delayMs) =>
    isReal() ? setTimer(callback, delayMs) : setFollowedTimer(callback, delayMs),
  clearTimer,
};

/** Marks the system clock for all copies of this package. */
const SYSTEM_CLOCK = Symbol.for('holdfast.systemClock');
Object.defineProperty(systemClock, SYSTEM_CLOCK, { value: true });

/** Whether a clock is the system clock, from any copy of this package. */
export function isSystemClock(clock: Clock): boolean {
  return clock === systemClock || SYSTEM_CLOCK in clock;
}

/** Node, Bun and Deno have these. Browsers and workers do not. */
interface PollingHost {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly clearImmediate?: (handle: unknown) => void;
}

const { setImmediate: loadedSetImmediate } = globalThis as PollingHost;

/**
 * Calls back once the event loop has delivered everything that has arrived by now. Returns `undefined` if the host has
 * no such hook, or if a fake has replaced it, since a fake need not call back.
 */
export function afterPoll(callback: () => void): unknown {
  const { setImmediate } = globalThis as PollingHost;
  return setImmediate === loadedSetImmediate ? setImmediate?.(callback) : undefined;
}

/** Cancels what {@link afterPoll} returned. */
export function cancelAfterPoll(handle: unknown): void {
  if (handle !== undefined) (globalThis as PollingHost).clearImmediate?.(handle);
}
