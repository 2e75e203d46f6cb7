import type { Clock } from './clock.js';
import { cancelAfterPoll } from './clock.js';
import type { KeptTimer } from './kept-timer.js';
import { keptTimer } from './kept-timer.js';
import type { TickListener } from './tick.js';
import { TICK_MS } from './tick.js';

/** Gets the deadlines that were set for it with {@link DeadlineQueue.add}. */
export interface DeadlineListener<Owner = unknown> {
  /** The deadline passed. `owner` and `token` were given when it was set. */
  onDeadline(owner: Owner, token: number): void;
}

/** A place in a {@link DeadlineQueue}. The queue owns and reuses it. It is valid from `add` until `remove`, or until it passes. */
export interface Deadline {
  /** The queue it is in. */
  readonly queue: DeadlineQueue;
  /** Whose deadline it is. Once it has passed or was taken back, it is no longer yours. */
  owner: unknown;
  /** @internal */
  at: number;
  /** @internal */
  listener: DeadlineListener;
  /** @internal */
  token: number;
  /** @internal Its index among those that have no stamp yet. */
  place: number;
  /** @internal How many were set before it since the last tick. */
  order: number;
  /** @internal */
  previous: Deadline | undefined;
  /** @internal */
  next: Deadline | undefined;
}

/** What a queue of deadlines needs from a time source. */
export interface TickingTime {
  readonly clock: Clock;
  readonly ticking: boolean;
  readonly timers: unknown;
  now(): number;
  read(): number;
  recent(): number;
  afterPoll(callback: () => void): unknown;
  awaitTick(listener: TickListener): void;
  deadlines(durationMs: number): DeadlineSetter;
}

/** Where a deadline can be set. */
interface DeadlineSetter {
  add<Owner>(listener: DeadlineListener<Owner>, owner: Owner, token: number): Deadline;
}

/** The time of a deadline that gets its stamp at the next tick. */
const UNSTAMPED = -1;

/** Ticks are used if one tick is well within the 1% by which a timeout may be late. */
const MIN_TICKED_MS = TICK_MS * 200;

/** If a timer comes later than this, a blocked event loop held it up. Used only where the host has no hook after the poll phase. */
const LATE_MS = 2;

const MAX_SPARE = 1024;

/** Replaces a listener until there is one. */
const NOBODY: DeadlineListener = { onDeadline() {} };

/**
 * All pending deadlines of one duration. They pass in the order in which they were set. So a linked list with one armed timer
 * serves any number of them: O(1) to add and to remove, whatever is in flight.
 *
 * While the time source ticks, setting a deadline reads no clock and links nothing. Most deadlines are taken back before the next
 * tick. Only those that are left then get a stamp and are linked. So a deadline is at most one tick late and never early.
 */
export class DeadlineQueue {
  /** How far ahead its deadlines lie, in milliseconds. */
  readonly durationMs: number;
  readonly #time: TickingTime;
  readonly #timers: unknown;
  readonly #mayTick: boolean;
  #head: Deadline | undefined;
  #tail: Deadline | undefined;
  /** The new ones are the first `#newCount`. The rest are spare ones for reuse. */
  readonly #new: Deadline[] = [];
  #newCount = 0;
  /** How many were set since the last tick, including those that have been taken back. */
  #added = 0;
  /** Whether the new ones are no longer in the order in which they were set. */
  #shuffled = false;
  #awaitsTick = false;
  #timer: unknown;
  #armed = false;
  /**
   * The armed timer, if it may stay armed while nothing waits. Setting and clearing a timer for each call would cost more than
   * the call.
   */
  #kept: KeptTimer | undefined;
  /** The timer is armed, nothing waits, and the timer does not keep the process alive. */
  #resting = false;
  #firing = false;
  /** When the armed timer is due. */
  #dueAt = 0;
  /** Set while one turn of the event loop is let pass: deadlines up to this time pass at the next firing. */
  #horizon = -1;
  /** What {@link TimeSource.afterPoll} returned. */
  #grace: unknown;
  readonly #onTimer = (): void => this.#fire();

  /** @internal Use {@link TimeSource.deadlines}. */
  constructor(time: TickingTime, durationMs: number) {
    this.#time = time;
    this.#timers = time.timers;
    this.durationMs = durationMs;
    this.#mayTick = durationMs >= MIN_TICKED_MS;
  }

  /** @internal Whether no deadline is pending. */
  get empty(): boolean {
    return this.#head === undefined && this.#newCount === 0;
  }

  /** @internal Whether fake timers came or went since this queue was made. Then another queue is in charge. */
  get isOutdated(): boolean {
    return this.#time.timers !== this.#timers;
  }

  /** Sets a deadline `durationMs` from now. */
  add<Owner>(listener: DeadlineListener<Owner>, owner: Owner, token: number): Deadline {
    const time = this.#time;
    if (time.timers !== this.#timers) {
      return time.deadlines(this.durationMs).add(listener, owner, token);
    }
    const place = this.#newCount;
    const spare = this.#new;
    const deadline = place < spare.length ? (spare[place] as Deadline) : this.#make();
    deadline.owner = owner;
    deadline.order = this.#added++;
    this.#newCount = place + 1;
    // Stores into old objects are not free. Most deadlines serve the same policy as before.
    if (deadline.listener !== listener || deadline.token !== token) {
      deadline.listener = listener as DeadlineListener;
      deadline.token = token;
    }
    if (this.#awaitsTick && this.#mayTick) time.recent();
    else this.#stamp();
    return deadline;
  }

  /** Apart from `add`, because it is rare while calls are frequent, and V8 inlines only small functions. */
  #stamp(): void {
    const time = this.#time;
    if (this.#mayTick && time.ticking) {
      time.recent();
      this.#awaitTick();
    } else {
      this.#link(time.read());
    }
  }

  /** Takes back a pending deadline. */
  remove(deadline: Deadline): void {
    if (deadline.at === UNSTAMPED) {
      const last = --this.#newCount;
      if (deadline.place !== last) this.#swap(deadline, this.#new[last] as Deadline);
      deadline.owner = undefined;
      return;
    }
    this.#unlink(deadline);
    if (this.#head === undefined && this.#armed) {
      // An armed timer of an empty queue would keep the process alive. While calls are frequent, the next tick decides.
      if (this.#time.ticking) this.#awaitTick();
      else this.rest();
    }
  }

  /** When a pending deadline passes. */
  timeOf(deadline: Deadline): number {
    if (deadline.at === UNSTAMPED) this.#link(this.#time.now());
    return deadline.at;
  }

  /** @internal Like {@link DeadlineQueue.timeOf}, but up to a tick early: it neither reads the clock nor links anything. */
  roughTimeOf({ at }: Deadline): number {
    return at === UNSTAMPED ? this.#time.recent() + this.durationMs : at;
  }

  /** @internal */
  onTick(nowMs: number): void {
    this.#awaitsTick = false;
    if (this.#newCount > 0) this.#link(nowMs);
    if (this.#head === undefined) this.rest();
    if (this.#new.length > MAX_SPARE) this.#new.length = MAX_SPARE;
  }

  /** @internal Nothing waits, so the process may end. */
  rest(): void {
    if (!this.#armed || this.#resting) return;
    if (this.#kept === undefined || this.#horizon >= 0) {
      this.#disarm();
    } else {
      this.#resting = true;
      this.#kept.unref();
    }
  }

  /** @internal The queue is no longer looked up, so nobody may ever use its timer again. */
  letGo(): void {
    if (this.#armed && this.empty) this.#disarm();
  }

  #awaitTick(): void {
    if (this.#awaitsTick) return;
    this.#awaitsTick = true;
    this.#time.awaitTick(this);
  }

  #make(): Deadline {
    const deadline = {
      queue: this,
      owner: undefined,
      at: UNSTAMPED,
      listener: NOBODY,
      token: 0,
      place: this.#new.length,
      order: 0,
      previous: undefined,
      next: undefined,
    };
    this.#new.push(deadline);
    return deadline;
  }

  /** Swaps the places of two that have no stamp yet. */
  #swap(one: Deadline, other: Deadline): void {
    this.#shuffled = true;
    const { place } = one;
    one.place = other.place;
    other.place = place;
    this.#new[place] = other;
    this.#new[one.place] = one;
  }

  /** Stamps the new ones and puts them at the end of the list. All others in the list were set before them. */
  #link(nowMs: number): void {
    const all = this.#new;
    const count = this.#newCount;
    const at = nowMs + this.durationMs;
    if (this.#shuffled) this.#sort(count);
    for (let place = 0; place < count; place++) {
      const deadline = all[place] as Deadline;
      deadline.at = at;
      deadline.previous = this.#tail;
      if (this.#tail === undefined) this.#head = deadline;
      else this.#tail.next = deadline;
      this.#tail = deadline;
    }
    this.#newCount = 0;
    this.#added = 0;
    // Close the gap with the last spare ones.
    const left = all.length - count;
    for (let place = 0; place < count && place < left; place++) {
      const spare = all[all.length - 1 - place] as Deadline;
      spare.place = place;
      all[place] = spare;
    }
    all.length = left;
    if (this.#resting) {
      if (this.#head === undefined) return;
      // The timer comes too early for the new ones. It is set again then.
      this.#resting = false;
      this.#kept?.ref();
    } else if (!this.#armed && !this.#firing && this.#head !== undefined) {
      this.#arm(Math.max(0, Math.ceil(this.#head.at - nowMs)), this.#head.at);
    }
  }

  #sort(count: number): void {
    const sorted = this.#new.slice(0, count).sort((one, other) => one.order - other.order);
    for (let place = 0; place < count; place++) this.#new[place] = sorted[place] as Deadline;
    this.#shuffled = false;
  }

  #fire(): void {
    this.#armed = false;
    this.#resting = false;
    // If the clock is a fake by now, it says nothing about a real timer that fires.
    const now = this.isOutdated ? this.#dueAt : this.#time.now();
    let horizon = now;
    if (this.#horizon >= 0) {
      horizon = this.#horizon;
      this.#horizon = -1;
      this.#grace = undefined;
    } else if (this.#head !== undefined && this.#head.at <= now) {
      const { at } = this.#head;
      if (at > this.#dueAt) {
        // The timer was set for an earlier deadline. So the host may not have delivered results yet that came in time for this
        // one.
        this.#arm(0, at);
        return;
      }
      if (this.#waitForResults(now)) return;
    }
    this.#firing = true;
    try {
      for (let head = this.#head; head !== undefined && head.at <= horizon; head = this.#head) {
        const { listener, owner, token } = head;
        this.#unlink(head);
        listener.onDeadline(owner, token);
      }
    } finally {
      // Even when a listener throws, the other deadlines have to pass.
      this.#firing = false;
      if (this.#head !== undefined) {
        const { at } = this.#head;
        this.#arm(Math.max(0, Math.ceil(at - now)), at);
      }
    }
  }

  /** Lets the host deliver results that are already there, before anything is declared late. Returns whether that takes a turn. */
  #waitForResults(nowMs: number): boolean {
    this.#grace = this.isOutdated ? undefined : this.#time.afterPoll(this.#onTimer);
    if (this.#grace !== undefined) this.#armed = true;
    else if (nowMs - this.#dueAt > LATE_MS) this.#arm(0, nowMs);
    else return false;
    this.#horizon = nowMs;
    return true;
  }

  #arm(delayMs: number, dueAt: number): void {
    this.#armed = true;
    this.#dueAt = dueAt;
    this.#timer = this.#time.clock.setTimer(this.#onTimer, delayMs);
    // Keep only timers of the system clock. On other clocks no timer may be left over.
    this.#kept = this.#timers === undefined ? undefined : keptTimer(this.#timer);
  }

  #disarm(): void {
    this.#armed = false;
    this.#resting = false;
    this.#horizon = -1;
    cancelAfterPoll(this.#grace);
    this.#grace = undefined;
    this.#time.clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#kept = undefined;
  }

  #unlink(deadline: Deadline): void {
    const { previous, next } = deadline;
    if (previous === undefined) this.#head = next;
    else previous.next = next;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
    deadline.owner = undefined;
    deadline.previous = undefined;
    deadline.next = undefined;
    deadline.at = UNSTAMPED;
    if (this.#new.length >= MAX_SPARE) return;
    deadline.place = this.#new.length;
    this.#new.push(deadline);
  }
}
