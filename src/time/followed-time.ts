import type { Fakes, FakeTime } from './fakes.js';
import { fakesNow, realNow } from './fakes.js';

/** A clock that gets ahead of real time by more than this was moved by hand, and did not only tick in coarse steps. */
const BY_HAND_MS = 25;

/** Fake clocks that begin later than this show a date and not how long they have been there: 1973. */
const LATEST_START_MS = 1e11;

/** The globals by which fakes are noticed. */
type Seen = readonly [timers: unknown, date: unknown, performanceNow: unknown];

const look = (): Seen => [setTimeout, Date, performance.now];

/**
 * One monotonic time through real and fake ones. It goes on from where it was when fakes come, and when they go; what they show of
 * time counts only as far as it moves on. While timers are faked only fake time passes. Where they are real, and only a clock is
 * faked, real time passes, and the clock's when it is moved by hand.
 */
export class FollowedTime {
  #seen: Seen = look();
  #fakes: Fakes | undefined;
  /** What it was when the fakes were last read. */
  #now: number;
  #real: number;
  #fake = 0;
  /** The real time when fake timers were last asked for theirs. */
  #readAt = 0;

  constructor() {
    this.#real = realNow();
    this.#now = this.#real;
    this.#begin(fakesNow());
  }

  /** Whether timers are the host's while a clock is not. */
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

  /** A timer that is due then has fired: it cannot be earlier, also where nothing else shows the time. */
  reach(nowMs: number): void {
    // Host timers may come a little early.
    if (nowMs - this.now() > BY_HAND_MS) this.#now = nowMs;
  }

  #look(): void {
    const [timers, date, performanceNow] = this.#seen;
    if (setTimeout === timers && Date === date && performance.now === performanceNow) return;
    // Also fakes that have gone can still be read.
    const wereFake = this.#fakes?.timers === true;
    const before = this.#now;
    this.#move();
    this.#seen = look();
    const fakes = fakesNow();
    // When they went is not known: at the latest when they were last read, so that no real time is lost.
    if (wereFake && fakes === undefined) {
      this.#now = Math.max(this.#now, before + realNow() - this.#readAt);
    }
    this.#begin(fakes);
  }

  #begin(fakes: Fakes | undefined): void {
    this.#fakes = fakes;
    this.#real = realNow();
    if (fakes === undefined) return;
    // Whole milliseconds, or what is reckoned with them would depend on when the test started.
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
    // One that has been removed may no longer know.
    if (Number.isNaN(at)) return 0;
    this.#fake = at;
    if (at >= before) return at - before;
    // It was set back, or started over.
    return time.fromInstall ? at - startOf(time, at) : 0;
  }
}

/** What it showed when it was installed, as far as that can be known. */
function startOf(time: FakeTime, at = time.read()): number {
  return time.fromInstall && at < LATEST_START_MS ? 0 : at;
}
