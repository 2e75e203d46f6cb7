import type { BlockedTime } from '../../../time/blocks.js';

/** No place. */
const NONE = -1;

/** Places at first. */
const FEWEST = 16;

/** Above this number, places are freed when no call is inside any more. */
const MANY = 1_024;

/** The offsets of a place's values in `#times` and `#notes`. */
const TIMES = 2;
const STARTED = 0;
const USEFUL = 1;
const NOTES = 4;
const NEXT = 0;
const PREVIOUS = 1;
const CUTS = 2;
const FLAGS = 3;

const HAS_DEADLINE = 1;
const JUDGED = 2;
const LISTED = 4;

/**
 * Calls in their slots. Calls that may become late, and have not been judged, are in a list, in the order in which they started.
 *
 * The values of a call are in a row of two typed arrays, and its stay is the number of the row. Objects that link to older ones would cost
 * a successful call 100 ns.
 */
export class Stays {
  #times = new Float64Array(TIMES * FEWEST);
  #notes = new Int32Array(NOTES * FEWEST);
  /** The free rows from here on, linked by `NEXT`. */
  #free = NONE;
  /** Rows from here on have not been used yet. */
  #fresh = 0;
  #inside = 0;
  #head = NONE;
  #tail = NONE;

  /** Rows there are. */
  get places(): number {
    return this.#times.length / TIMES;
  }

  /**
   * A call got its slot.
   *
   * @param usefulMs If it takes longer, it is useless. Infinity when that is not known. 0 or less when its caller's time was already over.
   * @param hasDeadline Whether that comes from a deadline, and not from what calls usually take.
   * @param cuts How often the limit has been cut before.
   */
  add(startedMs: number, usefulMs: number, hasDeadline: boolean, cuts: number): number {
    const stay = this.#take();
    this.#times[TIMES * stay + STARTED] = startedMs;
    this.#times[TIMES * stay + USEFUL] = usefulMs;
    const at = NOTES * stay;
    const notes = this.#notes;
    notes[at + CUTS] = cuts;
    // A call that is never late must not hide the calls behind it.
    const mayBeLate = usefulMs > 0 && usefulMs < Infinity;
    notes[at + FLAGS] = (hasDeadline ? HAS_DEADLINE : 0) | (mayBeLate ? LISTED : 0);
    if (mayBeLate) this.#list(stay);
    return stay;
  }

  /** The call's time does not count until {@link Stays.resume}. */
  pause(stay: number): void {
    this.#unlist(stay);
    this.#times[TIMES * stay + USEFUL] = 0;
  }

  /** Its time starts now. */
  resume(stay: number, startedMs: number, usefulMs: number): void {
    if (this.isJudged(stay)) return;
    this.#unlist(stay);
    this.#times[TIMES * stay + STARTED] = startedMs;
    this.#times[TIMES * stay + USEFUL] = usefulMs;
    if (!(usefulMs > 0 && usefulMs < Infinity)) return;
    this.#notes[NOTES * stay + FLAGS] = this.#flags(stay) | LISTED;
    this.#list(stay);
  }

  /** A call has given its slot back. From now on its number may be another call's. */
  remove(stay: number): void {
    this.#unlist(stay);
    if (--this.#inside === 0 && this.places > MANY) {
      this.#times = new Float64Array(TIMES * FEWEST);
      this.#notes = new Int32Array(NOTES * FEWEST);
      this.#free = NONE;
      this.#fresh = 0;
      return;
    }
    this.#notes[NOTES * stay + NEXT] = this.#free;
    this.#free = stay;
  }

  startedMs(stay: number): number {
    return this.#times[TIMES * stay + STARTED] as number;
  }

  usefulMs(stay: number): number {
    return this.#times[TIMES * stay + USEFUL] as number;
  }

  hasDeadline(stay: number): boolean {
    return (this.#flags(stay) & HAS_DEADLINE) !== 0;
  }

  cuts(stay: number): number {
    return this.#notes[NOTES * stay + CUTS] as number;
  }

  /** Whether it was judged late while it was in flight. */
  isJudged(stay: number): boolean {
    return (this.#flags(stay) & JUDGED) !== 0;
  }

  /** Whether it has taken so long that it is useless to its caller, without the time in which the event loop was blocked. A call whose caller had no time at all says nothing. */
  isLate(stay: number, nowMs: number, time?: BlockedTime): boolean {
    const usefulMs = this.usefulMs(stay);
    const startedMs = this.startedMs(stay);
    if (!(usefulMs > 0 && nowMs - startedMs > usefulMs)) return false;
    return time === undefined || time.elapsed(startedMs, nowMs) > usefulMs;
  }

  /**
   * The next call that has been in flight for too long; this judges it. Below 0 when there is none. It looks at the oldest call only. If
   * callers have different amounts of time, a late call is found when it is the oldest, or when it ends.
   */
  takeLate(nowMs: number, time?: BlockedTime): number {
    const stay = this.#head;
    if (stay === NONE || !this.isLate(stay, nowMs, time)) return NONE;
    this.#unlist(stay);
    this.#notes[NOTES * stay + FLAGS] = this.#flags(stay) | JUDGED;
    return stay;
  }

  #flags(stay: number): number {
    return this.#notes[NOTES * stay + FLAGS] as number;
  }

  #take(): number {
    this.#inside++;
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.#notes[NOTES * free + NEXT] as number;
      return free;
    }
    if (this.#fresh === this.places) this.#grow();
    return this.#fresh++;
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#times.length);
    times.set(this.#times);
    this.#times = times;
    const notes = new Int32Array(2 * this.#notes.length);
    notes.set(this.#notes);
    this.#notes = notes;
  }

  #list(stay: number): void {
    const notes = this.#notes;
    const at = NOTES * stay;
    const tail = this.#tail;
    notes[at + PREVIOUS] = tail;
    notes[at + NEXT] = NONE;
    if (tail === NONE) this.#head = stay;
    else notes[NOTES * tail + NEXT] = stay;
    this.#tail = stay;
  }

  #unlist(stay: number): void {
    const notes = this.#notes;
    const at = NOTES * stay;
    const flags = notes[at + FLAGS] as number;
    if ((flags & LISTED) === 0) return;
    notes[at + FLAGS] = flags & ~LISTED;
    const next = notes[at + NEXT] as number;
    const previous = notes[at + PREVIOUS] as number;
    if (previous === NONE) this.#head = next;
    else notes[NOTES * previous + NEXT] = next;
    if (next === NONE) this.#tail = previous;
    else notes[NOTES * next + PREVIOUS] = previous;
  }
}
