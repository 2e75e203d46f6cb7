import { boundToRequests } from '../host.js';
import { Blocks } from './blocks.js';
import type { Clock } from './clock.js';
import { afterPoll, followsFakes, isSystemClock, systemClock } from './clock.js';
import { DeadlineQueue } from './deadline-queue.js';
import { areReplaced, areUntouched } from './fakes.js';
import { keptTimer } from './kept-timer.js';
import { SingleDeadlines } from './single-deadlines.js';
import type { TickListener } from './tick.js';
import { TICK_MS } from './tick.js';

/** A constant of this module, because V8 compares with that at less cost. */
const loadedSetTimeout = globalThis.setTimeout;

/** The source starts to tick after this many exact readings within one tick: 4,000 readings a second. */
const BUSY_READINGS = 16;

/** Unused queues are looked for when there are at least this many. */
const MIN_SWEPT = 256;

/** How soon the source looks whether the event loop turns, after a reading. */
const LOOK_MS = 20;

/** Later looks wait longer: by this part of the time since the last reading. A block matters in proportion to how long calls take. */
const LOOK_SHARE = 1 / 8;

/** It stops looking this long after the last reading. */
const WATCH_MS = 60_000;

/** After this many uses of one reading the clock is read again, even if no tick came, as in a loop of microtasks. */
const MAX_USES = 256;

/**
 * A clock, and what the pipelines of a process share of it.
 *
 * Reading the clock costs 45 to 65 ns, a third of a bare `await`. A successful call mostly wants to know only "about when": which
 * bucket of a window, which of many deadlines. So while calls are frequent, the source ticks every {@link TICK_MS}, and
 * `recent()` returns the last reading. When calls are rare, no timer runs and every reading is exact.
 *
 * Only the system clock ticks, and only on real timers. Virtual clocks and faked globals always get exact readings.
 */
export class TimeSource {
  /** The clock itself: for timers, and for `wallNow()`. */
  readonly clock: Clock;
  /** @internal Whether `recent()` returns the reading of the last tick. */
  ticking = false;
  /** @internal Whether its timers, and the promises of calls that wait, belong to a request. */
  readonly bound: boolean;
  readonly #canTick: () => boolean;
  readonly #isSystem: boolean;
  readonly #queues = new Map<number, DeadlineQueue>();
  /** The queues under the fake timers that were last seen. */
  #faked: { readonly timers: unknown; readonly queues: Map<number, DeadlineQueue> } | undefined;
  /** When there are this many queues, unused ones are let go. */
  #sweepAt = MIN_SWEPT;
  /** The last reading, in whole milliseconds, because small integers are passed on without being boxed. */
  #reading = 0;
  #usesLeft = 0;
  #busySince = -Infinity;
  #busyReadings = 0;
  #waiting: TickListener[] = [];
  /** @internal The times in which the event loop was blocked. */
  readonly blocks = new Blocks();
  #timer: unknown;
  /**
   * When that is due: the next tick, or the next look at the event loop. A timer that is overdue is how a block shows. NaN where nobody may look.
   */
  #due = Infinity;
  readonly #fire = (): void => this.#onTimer();

  /** @internal */
  constructor(clock: Clock, canTick: () => boolean = never) {
    this.clock = clock;
    this.#canTick = canTick;
    this.#isSystem = clock === systemClock;
    this.bound = this.#isSystem && boundToRequests;
  }

  /** The exact time, in monotonic milliseconds. */
  now(): number {
    return this.clock.now();
  }

  /**
   * A time that is at most one tick and one millisecond old, and never later than now. Under load it costs a comparison, and the
   * clock is not read. Use it for what is sorted into buckets or compared with much longer spans.
   */
  recent(): number {
    // Use the bare name: V8 folds it to a constant, and notices when it is replaced. Fakes may come between two ticks.
    if (this.ticking && --this.#usesLeft > 0 && setTimeout === loadedSetTimeout)
      return this.#reading;
    return this.read();
  }

  /**
   * @internal The reading that {@link TimeSource.recent} would return without reading the clock; otherwise `undefined`. It does not count as a use, so
   * who asks often has to ask for `recent()` now and then.
   */
  get lastReading(): number | undefined {
    return this.ticking && setTimeout === loadedSetTimeout ? this.#reading : undefined;
  }

  /**
   * For how many milliseconds since `fromMs` the event loop was blocked, by this process itself: nothing could be sent, received or noticed.
   * That time is no latency of an upstream, so take it off what a call took before you judge. Known for the last blocks, to about a tenth of the time
   * since the call began, and only on real timers. A hold-up of less than 15 ms is no block.
   */
  blockedSince(fromMs: number, nowMs: number = this.now()): number {
    // A block that has not ended is known by the timer that it holds up.
    this.held(this.#due, nowMs);
    return this.blocks.between(fromMs, nowMs);
  }

  /** How long it has been from `fromMs` to `nowMs`, without the time in which the event loop was blocked. */
  elapsed(fromMs: number, nowMs: number): number {
    return nowMs - fromMs - this.blockedSince(fromMs, nowMs);
  }

  /** @internal A timer was due at `dueMs`, and comes now. */
  held(dueMs: number, nowMs: number): void {
    // Fakes that have gone may have moved time on.
    if (this.#canTick() && !(this.#isSystem && followsFakes())) this.blocks.note(dueMs, nowMs);
  }

  /** The queue of all deadlines that are set `durationMs` ahead. */
  deadlines(durationMs: number): DeadlineQueue {
    const { timers } = this;
    const faked = timers !== undefined && areReplaced(timers);
    const queues = faked ? this.#fakedQueues(timers) : this.#queues;
    let queue = queues.get(durationMs);
    if (queue === undefined) {
      queue =
        faked || this.bound
          ? new SingleDeadlines(this, durationMs)
          : new DeadlineQueue(this, durationMs);
      if (queues.size >= this.#sweepAt) this.#sweep(queues);
      queues.set(durationMs, queue);
    }
    return queue;
  }

  /** @internal How many durations have a queue on real timers. */
  get durations(): number {
    return this.#queues.size;
  }

  /** @internal Identifies the timers in use. It changes when fake ones are installed or removed. */
  get timers(): unknown {
    // Use the bare name: V8 folds it to a constant, and notices when it is replaced.
    return this.#isSystem ? setTimeout : undefined;
  }

  /**
   * Lets unused queues go. A timeout may be made for one call, with the time that it has left. So there are more durations than
   * are in use.
   */
  #sweep(queues: Map<number, DeadlineQueue>): void {
    // A policy may go on with a queue that is let go here. It is only no longer shared.
    for (const [durationMs, queue] of queues) {
      if (!queue.empty) continue;
      queue.letGo();
      queues.delete(durationMs);
    }
    this.#sweepAt = Math.max(MIN_SWEPT, 2 * queues.size);
  }

  #fakedQueues(timers: unknown): Map<number, DeadlineQueue> {
    if (this.#faked === undefined || this.#faked.timers !== timers) {
      this.#faked = { timers, queues: new Map() };
    }
    return this.#faked.queues;
  }

  /** @internal Like {@link afterPoll}, if time is real. */
  afterPoll(callback: () => void): unknown {
    return this.#isSystem && this.#canTick() ? afterPoll(callback) : undefined;
  }

  /** @internal Tells `listener` the exact time at the next tick. Only while {@link TimeSource.ticking}. */
  awaitTick(listener: TickListener): void {
    this.#waiting.push(listener);
  }

  /** @internal The exact time. Each reading counts as a sign of how frequent calls are. */
  read(): number {
    const now = this.clock.now();
    this.#reading = Math.floor(now);
    if (this.ticking) {
      this.#usesLeft = MAX_USES;
      this.#busyReadings += MAX_USES;
    } else {
      if (this.#due > now + LOOK_MS) this.#look(now, LOOK_MS);
      if (now - this.#busySince >= TICK_MS) {
        this.#busySince = now;
        this.#busyReadings = 1;
      } else if (++this.#busyReadings >= BUSY_READINGS && this.#canTick()) {
        this.#tick(now);
      }
    }
    return now;
  }

  #tick(nowMs: number): void {
    this.ticking = true;
    this.#usesLeft = MAX_USES;
    this.#busyReadings = 0;
    this.#arm(nowMs, TICK_MS);
  }

  /** Looks at the event loop some time from now. That must not keep the process alive, so where timers always do, nobody looks. */
  #look(nowMs: number, delayMs: number): void {
    if (!this.#canTick()) return;
    this.#arm(nowMs, delayMs);
    const timer = keptTimer(this.#timer);
    if (timer !== undefined) {
      timer.unref();
      return;
    }
    this.clock.clearTimer(this.#timer);
    this.#due = Number.NaN;
  }

  #arm(nowMs: number, delayMs: number): void {
    this.clock.clearTimer(this.#timer);
    this.#due = nowMs + delayMs;
    this.#timer = this.clock.setTimer(this.#fire, delayMs);
  }

  #onTimer(): void {
    const now = this.clock.now();
    this.held(this.#due, now);
    this.#due = Infinity;
    if (this.ticking) this.#onTick(now);
    const sinceMs = now - this.#reading;
    if (!this.ticking && sinceMs < WATCH_MS)
      this.#look(now, Math.max(LOOK_MS, sinceMs * LOOK_SHARE));
  }

  #onTick(now: number): void {
    const uses = this.#busyReadings + MAX_USES - this.#usesLeft;
    this.#reading = Math.floor(now);
    this.ticking = false;
    this.#busySince = now;
    this.#busyReadings = 0;
    if (uses >= BUSY_READINGS && this.#canTick()) this.#tick(now);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const listener of waiting) listener.onTick(now);
  }
}

const never = (): boolean => false;

const sources = new WeakMap<Clock, TimeSource>();

/** The one time source of a clock. */
export function timeSourceOf(given: Clock): TimeSource {
  const clock = isSystemClock(given) ? systemClock : given;
  let source = sources.get(clock);
  if (source === undefined) {
    source = new TimeSource(
      clock,
      clock === systemClock && !boundToRequests ? areUntouched : never,
    );
    sources.set(clock, source);
  }
  return source;
}

/** Whether two sources show the time of the same clock. They may come from two copies of this package. */
export function isSameTime(one: TimeSource, other: TimeSource): boolean {
  return (
    one === other ||
    one.clock === other.clock ||
    (isSystemClock(one.clock) && isSystemClock(other.clock))
  );
}
