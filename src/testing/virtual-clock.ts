import { describe } from '../config/describe.js';
import { tellAtOnce } from '../telemetry/at-once.js';
import type { Clock } from '../time/clock.js';
import { type Duration, durationIn, remedyFor } from '../time/duration.js';
import { TimerHeap, type VirtualTimer } from '../time/timer-heap.js';

/** Options of {@link VirtualClock}. */
export interface VirtualClockOptions {
  /** What `now()` says at first, in milliseconds. Default 0. */
  readonly start?: number;
  /** What `wallNow()` says at first, in epoch milliseconds. Default 2024-01-01T00:00:00Z. */
  readonly wallStart?: number;
  /**
   * How to wait until everything that needs no time to pass has happened. By default, the clock waits until
   * 256 turns of the promise queue in a row have passed without anybody using the clock. That keeps a
   * test within one turn of the event loop, so a promise that rejects meanwhile can be awaited
   * afterwards. Code that needs more (longer chains of promises, `process.nextTick`, streams) needs
   * `() => new Promise((resolve) => setImmediate(resolve))`.
   */
  readonly settle?: () => Promise<unknown>;
  /** After how many timers `runAll` and `runUntil` assume an endless loop. Default 1e6. */
  readonly maxTimers?: number;
}

const WALL_START = Date.UTC(2024, 0, 1);
const QUIET_TURNS = 256;
/** More timers than this at one instant count as an endless loop. */
const MAX_AT_ONCE = 10_000;

/**
 * A clock that stands still until it is told to move, for tests of anything that takes a `Clock`.
 *
 * Timers fire in the order in which they are due. Timers that are due together fire in the order in which they
 * were set. All promise continuations run between two timers. So a test sees exactly what
 * would happen in real time, in no time.
 *
 * @example
 * ```ts
 * import { pipeline, timeout } from 'holdfast';
 * import { VirtualClock } from 'holdfast/testing';
 *
 * const clock = new VirtualClock();
 * const calls = pipeline({ name: 'calls', clock }, timeout('5s'));
 * const call = calls.execute(() => new Promise(() => {}));
 * await clock.advance('5s');
 * await call; // rejects with a TimeoutError
 * ```
 */
export class VirtualClock implements Clock {
  readonly #timers = new TimerHeap();
  readonly #settle: () => Promise<unknown>;
  readonly #maxTimers: number;
  #now: number;
  /** Wall time minus monotonic time. */
  #wallOffset: number;
  #order = 0;
  /** Grows with every use of the clock. */
  #uses = 0;
  #running: string | undefined;

  /** @throws TypeError when it gets something else than options; RangeError when a start is not a finite number. */
  constructor(options: VirtualClockOptions = {}) {
    tellAtOnce();
    if (typeof options !== 'object' || options === null) {
      throw new TypeError(
        `VirtualClock: must be an object with options, such as { start: 0 } (got ${describe(options)})`,
      );
    }
    const { start = 0, wallStart = WALL_START, settle, maxTimers = 1_000_000 } = options;
    this.#now = finite(start, 'start');
    this.#wallOffset = finite(wallStart, 'wallStart') - start;
    this.#settle = settle ?? (() => this.#quiet());
    this.#maxTimers = maxTimers;
  }

  /** Virtual monotonic milliseconds. */
  now(): number {
    this.#uses++;
    return this.#now;
  }

  /** Virtual epoch milliseconds: moves with `now()`, and jumps with `jumpWall`. */
  wallNow(): number {
    this.#uses++;
    return this.#now + this.#wallOffset;
  }

  /**
   * Sets a timer in virtual time. It fires only during `advance`, `advanceTo`, `runAll` or
   * `runUntil`. A delay may be infinite, zero, or less.
   *
   * @throws TypeError when the callback is not a function or the delay is not a number.
   */
  setTimer(callback: () => void, delayMs: number): unknown {
    if (typeof callback !== 'function') throw new TypeError('setTimer needs a function to call');
    if (typeof delayMs !== 'number' || Number.isNaN(delayMs)) {
      throw new TypeError(`setTimer needs a delay in milliseconds, got ${String(delayMs)}`);
    }
    this.#uses++;
    const dueMs = this.#now + Math.max(0, delayMs);
    const timer: VirtualTimer = { dueMs, order: this.#order++, callback, place: -1 };
    this.#timers.add(timer);
    return timer;
  }

  /** Cancels a timer. Does nothing if it has fired, was cancelled, or is not from this clock. */
  clearTimer(handle: unknown): void {
    this.#uses++;
    const timer = handle as VirtualTimer | null | undefined;
    if (typeof timer === 'object' && timer !== null && this.#timers.has(timer)) {
      this.#timers.remove(timer);
    }
  }

  /** How many timers are set and have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  /** When the next timer is due, as `now()` counts; `undefined` when none is set. */
  get nextDue(): number | undefined {
    return this.#timers.first?.dueMs;
  }

  /**
   * Lets time pass. Fires every timer that becomes due, also those set meanwhile. Lets
   * promises continue before, between and after them. Rejects with what a timer's callback throws. Time
   * then stands at that timer.
   *
   * @param by A duration, 0 allowed: fires what is due now.
   * @throws RangeError for a negative or malformed duration.
   * @throws Error when the clock is already running, or when timers are set again and again
   * without time passing.
   */
  async advance(by: Duration): Promise<void> {
    if (typeof by === 'number' && by < 0) {
      throw new RangeError(`time cannot go back: advance(${by}); see jumpWall for the wall clock`);
    }
    const ms = durationIn(by);
    if (ms === undefined) throw new RangeError(`advance: ${remedyFor(by)} (got ${describe(by)})`);
    await this.#run('advance', () => this.#fireUntil(this.#now + ms));
  }

  /**
   * Like {@link advance}, up to the moment at which `now()` is `timeMs`.
   *
   * @throws RangeError when that moment has passed.
   */
  async advanceTo(timeMs: number): Promise<void> {
    if (!(finite(timeMs, 'advanceTo') >= this.#now)) {
      throw new RangeError(`time cannot go back: advanceTo(${timeMs}) when it is ${this.#now}`);
    }
    await this.#run('advanceTo', () => this.#fireUntil(timeMs));
  }

  /** Lets promises continue without any time passing. Not even timers that are due now fire. */
  async flush(): Promise<void> {
    await this.#run('flush', async () => {});
  }

  /**
   * Lets time pass until no timer is left, except those that are never due.
   *
   * @throws Error when that takes more than `maxTimers`: something sets them without end.
   */
  async runAll(): Promise<void> {
    await this.#run('runAll', () => this.#fireWhile(() => true));
  }

  /**
   * Lets time pass until the promise settles, no further than needed. Returns or throws what the promise settles with.
   *
   * @throws Error when no timer is left that could settle it.
   */
  async runUntil<T>(promise: PromiseLike<T>): Promise<T> {
    let pending = true;
    const settled = () => {
      pending = false;
    };
    promise.then(settled, settled);
    await this.#run('runUntil', () => this.#fireWhile(() => pending));
    if (pending) throw new Error('runUntil: no timer is left, and the promise is still pending');
    return promise;
  }

  /**
   * Moves the wall clock alone, either way, as an NTP step or an operator would. Monotonic time and
   * timers do not notice.
   *
   * @param ms By how many milliseconds, negative for back.
   */
  jumpWall(ms: number): void {
    this.#wallOffset += finite(ms, 'jumpWall');
  }

  async #run(what: string, work: () => Promise<void>): Promise<void> {
    if (this.#running !== undefined) {
      throw new Error(`${what}: the clock is already in ${this.#running}(), await that first`);
    }
    this.#running = what;
    try {
      // Code that was started before can now set its timers, at the time at which it began.
      await this.#settle();
      await work();
    } finally {
      this.#running = undefined;
    }
  }

  async #fireUntil(timeMs: number): Promise<void> {
    let fired = 0;
    let instant = Number.NaN;
    for (let next = this.#timers.first; next !== undefined; next = this.#timers.first) {
      if (next.dueMs > timeMs) break;
      fired = next.dueMs === instant ? fired + 1 : 1;
      instant = next.dueMs;
      if (fired > MAX_AT_ONCE) throw endless(fired, `at ${instant} ms`);
      await this.#fire(next);
    }
    this.#now = timeMs;
  }

  async #fireWhile(goOn: () => boolean): Promise<void> {
    let fired = 0;
    while (goOn()) {
      const next = this.#timers.first;
      if (next === undefined || next.dueMs === Number.POSITIVE_INFINITY) break;
      if (++fired > this.#maxTimers) throw endless(fired, `up to ${this.#now} ms`);
      await this.#fire(next);
    }
  }

  async #fire(timer: VirtualTimer): Promise<void> {
    this.#timers.remove(timer);
    this.#now = timer.dueMs;
    timer.callback();
    await this.#settle();
  }

  async #quiet(): Promise<void> {
    let uses = this.#uses;
    for (let turn = 0; turn < QUIET_TURNS; turn++) {
      await undefined;
      if (this.#uses !== uses) {
        uses = this.#uses;
        turn = 0;
      }
    }
  }
}

function finite(value: number, what: string): number {
  if (Number.isFinite(value)) return value;
  throw new RangeError(`${what} must be a finite number of milliseconds, got ${String(value)}`);
}

function endless(fired: number, when: string): Error {
  return new Error(`timers are set again and again: ${fired} of them ${when}`);
}
