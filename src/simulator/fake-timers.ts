import type { Clock } from '../time/clock.js';

type Callback = (...args: unknown[]) => void;

/** What a faked `setTimeout` returns: an object as in Node, which becomes a number where one is wanted. */
class FakeTimer {
  readonly #timers: FakeTimers;
  readonly #start: (timer: FakeTimer) => void;
  handle: unknown;

  constructor(timers: FakeTimers, start: (timer: FakeTimer) => void) {
    this.#timers = timers;
    this.#start = start;
    start(this);
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
    this.#start(this);
    return this;
  }

  close(): this {
    this.#timers.clear(this);
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.#timers.idOf(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** `setTimeout`, `setInterval` and what clears them, on a clock. */
export class FakeTimers {
  readonly #clock: Clock;
  /** The timers that were asked for their number. */
  readonly #byId = new Map<number, FakeTimer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly once = (callback: Callback, delayMs?: number, ...args: unknown[]): FakeTimer =>
    new FakeTimer(this, (timer) => {
      this.#clock.clearTimer(timer.handle);
      timer.handle = this.#clock.setTimer(() => callback(...args), asHost(delayMs));
    });

  readonly repeat = (callback: Callback, delayMs?: number, ...args: unknown[]): FakeTimer =>
    new FakeTimer(this, (timer) => {
      const next = (): void => {
        timer.handle = this.#clock.setTimer(() => {
          next();
          callback(...args);
        }, asHost(delayMs));
      };
      this.#clock.clearTimer(timer.handle);
      next();
    });

  /** Returns false for anything that is not one of these timers. */
  clear(timer: unknown): boolean {
    const mine = timer instanceof FakeTimer ? timer : this.#byId.get(Number(timer));
    if (mine === undefined) return false;
    this.#clock.clearTimer(mine.handle);
    return true;
  }

  /** A number that stands for a timer. */
  idOf(timer: FakeTimer): number {
    for (const [id, each] of this.#byId) if (each === timer) return id;
    // Far from the numbers of a host.
    const id = 2 ** 40 + this.#byId.size;
    this.#byId.set(id, timer);
    return id;
  }
}

/** A host's timer takes at least a millisecond. */
function asHost(delayMs: unknown): number {
  return Math.max(1, Number(delayMs) || 0);
}
