/** The longest delay a host timer takes; one millisecond more and it fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** How often a timer looks whether a clock that was moved by hand says that it is due. */
const LOOK_MS = 10;

type HostTimer = ReturnType<typeof setTimeout>;

/** A delay that is waited for in legs. */
export abstract class TimerInLegs {
  #leg: HostTimer | undefined;

  clear(): void {
    clearTimeout(this.#leg);
  }

  protected wait(legMs: number): void {
    this.#leg = setTimeout(() => this.waited(legMs), legMs);
  }

  protected abstract waited(legMs: number): void;
}

/** A delay too long for one host timer. */
export class LongTimer extends TimerInLegs {
  #leftMs: number;
  readonly #callback: () => void;

  constructor(callback: () => void, delayMs: number) {
    super();
    this.#callback = callback;
    this.#leftMs = delayMs;
    this.wait(Math.min(delayMs, MAX_TIMER_MS));
  }

  protected override waited(legMs: number): void {
    this.#leftMs -= legMs;
    if (this.#leftMs > 0) this.wait(Math.min(this.#leftMs, MAX_TIMER_MS));
    else this.#callback();
  }
}

/** A delay on real timers by a clock that is moved by hand. */
export class WatchingTimer extends TimerInLegs {
  readonly #callback: () => void;
  readonly #now: () => number;
  readonly #dueAt: number;

  constructor(callback: () => void, delayMs: number, now: () => number) {
    super();
    this.#callback = callback;
    this.#now = now;
    this.#dueAt = now() + delayMs;
    this.#go();
  }

  protected override waited(): void {
    if (this.#now() < this.#dueAt) this.#go();
    else this.#callback();
  }

  #go(): void {
    this.wait(Math.min(LOOK_MS, Math.max(0, Math.ceil(this.#dueAt - this.#now()))));
  }
}
