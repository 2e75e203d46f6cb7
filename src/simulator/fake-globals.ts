import type { Clock } from '../time/clock.js';

type Callback = (...args: unknown[]) => void;

/** What a faked `setTimeout` answers: as in Node an object, and a number where one is wanted. */
class FakeTimer {
  static #count = 0;
  readonly #id = ++FakeTimer.#count;
  readonly #start: () => void;
  handle: unknown;

  constructor(start: (timer: FakeTimer) => void) {
    this.#start = () => start(this);
    this.#start();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    this.#start();
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.#id;
  }
}

/**
 * Puts simulated time and repeatable chance in the place of the host's, so that libraries that take no clock run in the simulation too.
 * Answers what puts the host's back.
 */
export function fakeGlobals(clock: Clock, random: () => number): () => void {
  const { setTimeout, clearTimeout, setInterval, clearInterval, Date: RealDate } = globalThis;
  const { random: realRandom } = Math;
  const realNow = Object.getOwnPropertyDescriptor(performance, 'now');
  const clear = (timer: unknown): void => {
    if (timer instanceof FakeTimer) clock.clearTimer(timer.handle);
  };
  const once = (callback: Callback, delayMs = 0, ...args: unknown[]): FakeTimer =>
    new FakeTimer((timer) => {
      clock.clearTimer(timer.handle);
      // A host's timer takes a millisecond at least.
      timer.handle = clock.setTimer(() => callback(...args), Math.max(1, Number(delayMs) || 0));
    });
  const repeat = (callback: Callback, delayMs = 0, ...args: unknown[]): FakeTimer =>
    new FakeTimer((timer) => {
      const next = (): void => {
        timer.handle = clock.setTimer(
          () => {
            next();
            callback(...args);
          },
          Math.max(1, Number(delayMs) || 0),
        );
      };
      clock.clearTimer(timer.handle);
      next();
    });
  class FakeDate extends RealDate {
    constructor(...args: unknown[]) {
      super(...((args.length === 0 ? [clock.wallNow()] : args) as [number]));
    }

    static override now(): number {
      return clock.wallNow();
    }
  }
  Object.assign(globalThis, {
    setTimeout: once,
    clearTimeout: clear,
    setInterval: repeat,
    clearInterval: clear,
    Date: FakeDate,
  });
  Math.random = random;
  Object.defineProperty(performance, 'now', {
    value: () => clock.now(),
    configurable: true,
    writable: true,
  });
  return () => {
    Object.assign(globalThis, {
      setTimeout,
      clearTimeout,
      setInterval,
      clearInterval,
      Date: RealDate,
    });
    Math.random = realRandom;
    if (realNow === undefined) delete (performance as { now?: unknown }).now;
    else Object.defineProperty(performance, 'now', realNow);
  };
}
