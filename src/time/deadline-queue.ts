import { TICK_MS } from './tick.js';
import type { TimeSource } from './time-source.js';

/** What {@link DeadlineQueue.add} is given. */
export interface DeadlineListener<Owner = unknown> {
  /** The deadline passed. `owner` and `token` are what was given with it. */
  onDeadline(owner: Owner, token: number): void;
}

/** A place in a {@link DeadlineQueue}. Owned and recycled by it: valid from `add` to `remove` or expiry. */
export interface Deadline {
  /** The queue it is in. */
  readonly queue: DeadlineQueue;
  /** Whose deadline it is: no longer yours once it passed or was taken back. */
  owner: unknown;
  /** @internal */
  at: number;
  /** @internal */
  listener: DeadlineListener | undefined;
  /** @internal */
  token: number;
  /** @internal */
  previous: Deadline | undefined;
  /** @internal */
  next: Deadline | undefined;
}

/** The time of a deadline that is stamped at the next tick. */
const UNSTAMPED = -1;

/** Ticks are used where one of them is well within the 1% by which a timeout may be late. */
const MIN_TICKED_MS = TICK_MS * 200;

/** A timer later than this was held up by a blocked event loop. */
const LATE_MS = 2;

const MAX_SPARE = 1024;

/**
 * All pending deadlines of one duration. They pass in the order in which they were set, so a linked list with one armed
 * timer serves any number of them: O(1) to add and to remove, whatever is in flight.
 *
 * While the time source ticks, setting a deadline reads no clock: it is stamped at the next tick, that is at most one
 * tick late and never early.
 */
export class DeadlineQueue {
  /** How far ahead its deadlines lie, in milliseconds. */
  readonly durationMs: number;
  readonly #time: TimeSource;
  readonly #timers: unknown;
  readonly #mayTick: boolean;
  #head: Deadline | undefined;
  #tail: Deadline | undefined;
  #firstUnstamped: Deadline | undefined;
  #awaitsTick = false;
  #timer: unknown;
  #armed = false;
  #firing = false;
  /** When the armed timer is due, or up to one tick earlier. */
  #dueAt = 0;
  /** After a blocked loop: deadlines up to here pass at the next firing. */
  #horizon = -1;
  #spare: Deadline | undefined;
  #spares = 0;
  readonly #onTimer = (): void => this.#fire();

  /** @internal Use {@link TimeSource.deadlines}. */
  constructor(time: TimeSource, durationMs: number) {
    this.#time = time;
    this.#timers = time.timers;
    this.durationMs = durationMs;
    this.#mayTick = durationMs >= MIN_TICKED_MS;
  }

  /** @internal Whether no deadline is pending. */
  get empty(): boolean {
    return this.#head === undefined;
  }

  /** @internal Whether fake timers came or went since it was made, so that another queue is in charge. */
  get isOutdated(): boolean {
    return this.#time.timers !== this.#timers;
  }

  /** Sets a deadline `durationMs` from now. */
  add<Owner>(listener: DeadlineListener<Owner>, owner: Owner, token: number): Deadline {
    if (this.isOutdated) return this.#time.deadlines(this.durationMs).add(listener, owner, token);
    const deadline = this.#take(listener as DeadlineListener, owner, token);
    const tail = this.#tail;
    if (tail === undefined) this.#head = deadline;
    else tail.next = deadline;
    deadline.previous = tail;
    this.#tail = deadline;
    let now: number;
    if (this.#mayTick && this.#time.ticking) {
      now = this.#time.recent();
      this.#firstUnstamped ??= deadline;
      this.#awaitTick();
    } else {
      now = this.#time.read();
      deadline.at = now + this.durationMs;
    }
    if (!this.#armed && !this.#firing) this.#arm(this.durationMs, now + this.durationMs);
    return deadline;
  }

  /** Takes back a pending deadline. */
  remove(deadline: Deadline): void {
    this.#unlink(deadline);
    if (this.#head === undefined && this.#armed) {
      // An armed timer of an empty queue would keep the process alive. While calls are frequent the next tick decides.
      if (this.#time.ticking) this.#awaitTick();
      else this.#disarm();
    }
  }

  /** When a pending deadline passes. */
  timeOf(deadline: Deadline): number {
    if (deadline.at === UNSTAMPED) this.#stamp(this.#time.now());
    return deadline.at;
  }

  /** @internal */
  onTick(nowMs: number): void {
    this.#awaitsTick = false;
    this.#stamp(nowMs);
    if (this.#head === undefined && this.#armed) this.#disarm();
  }

  #awaitTick(): void {
    if (this.#awaitsTick) return;
    this.#awaitsTick = true;
    this.#time.awaitTick(this);
  }

  #stamp(nowMs: number): void {
    for (let each = this.#firstUnstamped; each !== undefined; each = each.next) {
      each.at = nowMs + this.durationMs;
    }
    this.#firstUnstamped = undefined;
  }

  #fire(): void {
    this.#armed = false;
    // A clock that is faked by now says nothing about a real timer that fires.
    const now = this.isOutdated ? this.#dueAt : this.#time.now();
    this.#stamp(now);
    let horizon = now;
    if (this.#horizon >= 0) {
      horizon = this.#horizon;
      this.#horizon = -1;
    } else if (now - this.#dueAt > LATE_MS && this.#head !== undefined && this.#head.at <= now) {
      // The event loop was blocked. Results that are already there are delivered before anything is declared late.
      this.#arm(0, now);
      this.#horizon = now;
      return;
    }
    this.#firing = true;
    try {
      for (let head = this.#head; head !== undefined && head.at <= horizon; head = this.#head) {
        // A deadline set while others expire may carry no stamp yet; it is the newest, so the rest is done.
        if (head.at === UNSTAMPED) break;
        const { listener, owner, token } = head;
        this.#unlink(head);
        listener?.onDeadline(owner, token);
      }
    } finally {
      // Also when a listener throws: the others' deadlines still have to pass.
      this.#firing = false;
      if (this.#head !== undefined) {
        const at = this.timeOf(this.#head);
        this.#arm(Math.max(0, Math.ceil(at - now)), at);
      }
    }
  }

  #arm(delayMs: number, dueAt: number): void {
    this.#armed = true;
    this.#dueAt = dueAt;
    this.#timer = this.#time.clock.setTimer(this.#onTimer, delayMs);
  }

  #disarm(): void {
    this.#armed = false;
    this.#horizon = -1;
    this.#time.clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #unlink(deadline: Deadline): void {
    const { previous, next } = deadline;
    if (previous === undefined) this.#head = next;
    else previous.next = next;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
    if (this.#firstUnstamped === deadline) this.#firstUnstamped = next;
    deadline.listener = undefined;
    deadline.owner = undefined;
    deadline.previous = undefined;
    if (this.#spares < MAX_SPARE) {
      deadline.next = this.#spare;
      this.#spare = deadline;
      this.#spares++;
    } else {
      deadline.next = undefined;
    }
  }

  #take(listener: DeadlineListener, owner: unknown, token: number): Deadline {
    const spare = this.#spare;
    if (spare === undefined) {
      return {
        queue: this,
        at: UNSTAMPED,
        listener,
        owner,
        token,
        previous: undefined,
        next: undefined,
      };
    }
    this.#spare = spare.next;
    this.#spares--;
    spare.at = UNSTAMPED;
    spare.listener = listener;
    spare.owner = owner;
    spare.token = token;
    spare.next = undefined;
    return spare;
  }
}
