import type { Clock } from './clock.js';
import { cancelAfterPoll } from './clock.js';
import type { Waiting } from './deadline-batch.js';
import { DeadlineBatch, UNSTAMPED } from './deadline-batch.js';
import type { KeptTimer } from './kept-timer.js';
import { keptTimer } from './kept-timer.js';
import type { TickListener } from './tick.js';
import { TICK_MS } from './tick.js';

/** Gets the deadlines that were set for it with {@link DeadlineQueue.add}. */
export interface DeadlineListener<Owner = unknown> {
  /** The deadline passed, at `atMs`. `owner` and `token` were given when it was set. */
  onDeadline(owner: Owner, token: number, atMs: number): void;
}

/** A deadline in a {@link DeadlineQueue}. It is valid from `add` until `remove`, or until it passes. */
export interface Deadline {
  /** The queue it was set in. */
  readonly queue: DeadlineQueue;
  /** Whose deadline it is. `undefined` once it has passed or was taken back. */
  readonly owner: unknown;
  /** @internal Where it waits. */
  waitsIn: DeadlineBatch | undefined;
  /** @internal */
  waitsAt: number;
  /** @internal */
  expire(atMs: number): void;
}

/** A deadline with a listener. */
class OwnDeadline implements Deadline, Waiting {
  readonly queue: DeadlineQueue;
  waitsIn: DeadlineBatch | undefined = undefined;
  waitsAt = 0;
  readonly #listener: DeadlineListener;
  readonly #owner: unknown;
  readonly #token: number;

  constructor(queue: DeadlineQueue, listener: DeadlineListener, owner: unknown, token: number) {
    this.queue = queue;
    this.#listener = listener;
    this.#owner = owner;
    this.#token = token;
  }

  get owner(): unknown {
    return this.waitsIn === undefined ? undefined : this.#owner;
  }

  expire(atMs: number): void {
    this.#listener.onDeadline(this.#owner, this.#token, atMs);
  }
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
  held(dueMs: number, nowMs: number): void;
  awaitTick(listener: TickListener): void;
  deadlines(durationMs: number): DeadlineSetter;
}

/** Where a deadline can be set. */
interface DeadlineSetter {
  add<Owner>(listener: DeadlineListener<Owner>, owner: Owner, token: number): Deadline;
  put(entry: Waiting): void;
}

/** Ticks are used if one tick is well within the 1% by which a timeout may be late. */
const MIN_TICKED_MS = TICK_MS * 200;

/** If a timer comes later than this, a blocked event loop held it up. Used only where the host has no hook after the poll phase. */
const LATE_MS = 2;

/** A batch that had more places than this is not used again. */
const MAX_ROOM = 1024;

/** Real deadlines without ticks are rounded up to this part of a millisecond, so that calls made at about the same time share a batch. */
const STEP_MS = 1 / 8;

/**
 * All pending deadlines of one duration. They pass in the order in which they were set. So a list of batches with one armed timer
 * serves any number of them: O(1) to add and to remove, whatever is in flight.
 *
 * While the time source ticks, setting a deadline reads no clock. Most deadlines are taken back before the next tick. Those that are left
 * then get a stamp together. So a deadline is at most one tick late and never early.
 */
export class DeadlineQueue {
  /** How far ahead its deadlines lie, in milliseconds. */
  readonly durationMs: number;
  readonly #time: TickingTime;
  readonly #timers: unknown;
  readonly #mayTick: boolean;
  #head: DeadlineBatch | undefined;
  #tail: DeadlineBatch | undefined;
  /** Those that have no stamp yet. */
  #new = new DeadlineBatch(this);
  #awaitsTick = false;
  /** Whether the new ones get their stamp at a tick that it awaits. */
  #isOpen = false;
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
    return this.#head === undefined && this.#new.empty;
  }

  /** @internal Whether fake timers came or went since this queue was made. Then another queue is in charge. */
  get isOutdated(): boolean {
    return this.#time.timers !== this.#timers;
  }

  /** Sets a deadline `durationMs` from now. */
  add<Owner>(listener: DeadlineListener<Owner>, owner: Owner, token: number): Deadline {
    if (this.isOutdated) return this.#time.deadlines(this.durationMs).add(listener, owner, token);
    const deadline = new OwnDeadline(this, listener as DeadlineListener, owner, token);
    this.put(deadline);
    return deadline;
  }

  /** @internal Sets a deadline for what has a place for it. Such an object costs no other one. */
  put(entry: Waiting): void {
    const time = this.#time;
    if (time.timers !== this.#timers) {
      time.deadlines(this.durationMs).put(entry);
      return;
    }
    this.#new.add(entry);
    if (!this.#isOpen) this.#stamp();
  }

  /** @internal A deadline with a listener in place of an entry. It has passed if the entry does not wait any more. */
  replace<Owner>(
    entry: Waiting,
    listener: DeadlineListener<Owner>,
    owner: Owner,
    token: number,
  ): Deadline {
    const { waitsIn: batch, waitsAt: place } = entry;
    const queue = (batch?.queue ?? this) as DeadlineQueue;
    const deadline = new OwnDeadline(queue, listener as DeadlineListener, owner, token);
    if (batch === undefined) return deadline;
    entry.waitsIn = undefined;
    deadline.waitsIn = batch;
    deadline.waitsAt = place;
    batch.entries[place] = deadline;
    return deadline;
  }

  /** Apart from `put`, because it is rare while calls are frequent, and V8 inlines only small functions. */
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
    deadline.waitsIn?.remove(deadline);
  }

  /** @internal */
  emptied(batch: DeadlineBatch): void {
    if (batch === this.#new) return;
    this.#unlink(batch);
    // While it fires, the timer is set again at the end.
    if (this.#head !== undefined || !this.#armed) return;
    // An armed timer of an empty queue would keep the process alive. While calls are frequent, the next tick decides.
    if (this.#time.ticking) this.#awaitTick();
    else this.rest();
  }

  /** When a pending deadline passes. */
  timeOf(deadline: Deadline): number;
  /** @internal A call may wait itself. Policies of users have no type for that. */
  timeOf(entry: Pick<Waiting, 'waitsIn'>): number;
  timeOf(deadline: Pick<Waiting, 'waitsIn'>): number {
    const batch = deadline.waitsIn;
    if (batch?.at === UNSTAMPED) {
      // If fake timers have come or gone, it is another queue's.
      const queue = batch.queue as DeadlineQueue;
      queue.#link(queue.#time.now());
    }
    // By now it may be in another batch, of the same time.
    return deadline.waitsIn?.at ?? UNSTAMPED;
  }

  /** @internal Like {@link DeadlineQueue.timeOf}, but up to a tick early: it neither reads the clock nor stamps anything. */
  roughTimeOf({ waitsIn: batch }: Pick<Waiting, 'waitsIn'>): number {
    if (batch === undefined) return UNSTAMPED;
    // Do not compare with the queue's own batch: if fake timers have come or gone, it is another queue's.
    return batch.at === UNSTAMPED ? this.#time.recent() + this.durationMs : batch.at;
  }

  /** @internal */
  onTick(nowMs: number): void {
    this.#awaitsTick = this.#isOpen = false;
    if (!this.#new.empty) this.#link(nowMs);
    else if (this.#new.entries.length > MAX_ROOM) this.#new = new DeadlineBatch(this);
    if (this.#head === undefined) this.rest();
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
    this.#isOpen = this.#mayTick;
    this.#time.awaitTick(this);
  }

  /** Stamps the new ones, and puts them at the end. All others were set before them. */
  #link(nowMs: number): void {
    const batch = this.#new;
    const tail = this.#tail;
    const exact = nowMs + this.durationMs;
    const isReal = this.#timers !== undefined;
    const at = isReal && !this.#mayTick ? Math.ceil(exact / STEP_MS) * STEP_MS : exact;
    if (tail !== undefined && tail.at === at && batch.end === 1) {
      const only = batch.entries[0] as Waiting;
      batch.remove(only);
      tail.add(only);
      return;
    }
    batch.stamp(at);
    batch.previous = tail;
    if (tail === undefined) this.#head = batch;
    else tail.next = batch;
    this.#tail = batch;
    this.#new = new DeadlineBatch(this);
    if (this.#resting) {
      if (this.#head === undefined) return;
      // The timer comes too early for the new ones. It is set again then.
      this.#resting = false;
      this.#kept?.ref();
    } else if (!this.#armed && !this.#firing && this.#head !== undefined) {
      this.#arm(Math.max(0, Math.ceil(this.#head.at - nowMs)), this.#head.at);
    }
  }

  #fire(): void {
    this.#armed = false;
    this.#resting = false;
    // If the clock is a fake by now, it says nothing about a real timer that fires.
    const now = this.isOutdated ? this.#dueAt : this.#time.now();
    let horizon = now;
    if (this.#horizon < 0) this.#time.held(this.#dueAt, now);
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
        head.shift()?.expire(head.at);
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

  #unlink(batch: DeadlineBatch): void {
    const { previous, next } = batch;
    if (previous === undefined) this.#head = next;
    else previous.next = next;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
  }
}
