import type { TimeSource } from '../../time/time-source.js';

/** A body that was handed out, and that nobody has begun to read. */
export interface UnreadBody {
  /** When its headers came, in the clock's milliseconds. */
  readonly arrivedAt: number;
  before: UnreadBody | undefined;
  after: UnreadBody | undefined;
  /** Gives the body up: nobody is expected to read it any more. */
  abandon(): void;
}

/** How long a body that nobody has begun to read counts as one that somebody will read. */
export const UNREAD_MS = 5_000;

/**
 * The bodies of one pipeline that nobody has begun to read, oldest first. Many are never read, for example when only the status matters.
 * Nothing tells which. Old ones are given up, so that they do not hold up a drain. Nothing here refers to a response.
 */
export class UnreadBodies {
  readonly #time: TimeSource;
  #first: UnreadBody | undefined;
  #last: UnreadBody | undefined;
  #closed = false;
  #timer: unknown;

  constructor(time: TimeSource) {
    this.#time = time;
  }

  add(body: UnreadBody): void {
    const last = this.#last;
    body.before = last;
    if (last === undefined) this.#first = body;
    else last.after = body;
    this.#last = body;
    const first = this.#first as UnreadBody;
    // Give up one for each that comes. So there are never more than came within that time.
    if (first !== body && isOld(first, body.arrivedAt)) this.#abandon(first);
    if (this.#closed && this.#timer === undefined) this.#sweep();
  }

  delete(body: UnreadBody): void {
    const { before, after } = body;
    if (before !== undefined) before.after = after;
    else if (this.#first === body) this.#first = after;
    else return;
    if (after !== undefined) after.before = before;
    else this.#last = before;
    body.before = undefined;
    body.after = undefined;
  }

  /** A drain has begun. It waits for bodies that are not old. */
  close(): void {
    this.#closed = true;
    this.#sweep();
  }

  reopen(): void {
    this.#closed = false;
  }

  #sweep(): void {
    const now = this.#time.now();
    let first = this.#first;
    while (first !== undefined && isOld(first, now)) {
      this.#abandon(first);
      first = this.#first;
    }
    this.#timer = undefined;
    if (first === undefined) return;
    const { clock } = this.#time;
    this.#timer = clock.setTimer(() => this.#sweep(), first.arrivedAt + UNREAD_MS - now);
  }

  #abandon(body: UnreadBody): void {
    this.delete(body);
    body.abandon();
  }
}

function isOld(body: UnreadBody, now: number): boolean {
  return now - body.arrivedAt >= UNREAD_MS;
}
