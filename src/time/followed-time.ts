import type { Fakes, FakeTime } from './fakes.js';
import { fakesNow, realNow } from './fakes.js';

/** If a fake clock gets ahead of real time by more than this, somebody moved it by hand. It did not only tick in coarse steps. */
const BY_HAND_MS = 25;

/** A fake clock that begins later than this (1973) shows a date, and not how long it has been there. */
const LATEST_START_MS = 1e11;

/** The globals that show whether fakes came or went. */
type Seen = readonly [timers: unknown, date: unknown, performanceNow: unknown];

const look = (): Seen => [setTimeout, Date, performance.now];

/**
 * One monotonic time that runs through real and fake time. When fakes come or go, it goes on from where it was. Fake time counts
 * only by how far it moves on. While timers are faked, only fake time passes. If only a clock is faked and timers are real, real
 * time passes, and also the clock's time when somebody moves it by hand.
 */
export class FollowedTime {
  #seen: Seen = look();
  #fakes: Fakes | undefined;
  /** This time when the fakes were last read. */
  #now: number;
  #real: number;
  #fake = 0;
  /** The real time when fake timers were last read. */
  #readAt = 0;

  constructor() {
    this.#real = realNow();
    this.#now = this.#real;
    this.#begin(fakesNow());
  }

  /** Whether timers are the host's, but a clock is faked. */
  get hasRealTimers(): boolean {
    this.#look();
    return this.#fakes?.timers === false;
  }

  now(): number {
    this.#look();
    this.#move();
    if (this.#fakes?.timers === true) this.#readAt = realNow();
    return this.#now;
  }

  /** A timer that was due at `nowMs` has fired. So it cannot be earlier, even if nothing else shows the time. */
  reach(nowMs: number): void {
    // Host timers may come a little early.
    if (nowMs - this.now() > BY_HAND_MS) this.#now = nowMs;
  }

  #look(): void {
    const [timers, date, performanceNow] = this.#seen;
    if (setTimeout === timers && Date === date && performance.now === performanceNow) return;
    // Fakes that are gone can still be read.
    const wereFake = this.#fakes?.timers === true;
    const before = this.#now;
    this.#move();
    this.#seen = look();
    const fakes = fakesNow();
    // Nobody knows when the fakes went. It was not before they were last read. Count from then, so that no real time is lost.
    if (wereFake && fakes === undefined) {
      this.#now = Math.max(this.#now, before + realNow() - this.#readAt);
    }
    this.#begin(fakes);
  }

  #begin(fakes: Fakes | undefined): void {
    this.#fakes = fakes;
    this.#real = realNow();
    if (fakes === undefined) return;
    // Use whole milliseconds. Otherwise calculated times would depend on when the test started.
    this.#now = Math.ceil(this.#now);
    if (fakes.time !== undefined) this.#fake = startOf(fakes.time);
  }

  #move(): void {
    const fakes = this.#fakes;
    if (fakes?.time !== undefined && fakes.timers) {
      this.#now += this.#fakeElapsed(fakes.time);
      return;
    }
    const real = realNow();
    const elapsed = Math.max(0, real - this.#real);
    this.#real = real;
    const fakeElapsed = fakes?.time === undefined ? 0 : this.#fakeElapsed(fakes.time);
    this.#now += fakeElapsed > elapsed + BY_HAND_MS ? fakeElapsed : elapsed;
  }

  #fakeElapsed(time: FakeTime): number {
    const before = this.#fake;
    const at = time.read();
    // A clock that has been removed may no longer know.
    if (Number.isNaN(at)) return 0;
    this.#fake = at;
    if (at >= before) return at - before;
    // The clock was set back, or started over.
    return time.fromInstall ? at - startOf(time, at) : 0;
  }
}

/** What it showed when it was installed, as far as that can be known. */
function startOf(time: FakeTime, at = time.read()): number {
  return time.fromInstall && at < LATEST_START_MS ? 0 : at;
}
