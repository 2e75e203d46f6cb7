import { boundToRequests } from '../../host.js';
import type { Home } from '../../pipeline/call/async-context.js';
import { homeHere } from '../../pipeline/call/async-context.js';
import type { Clock } from '../../time/clock.js';
import { isSystemClock } from '../../time/clock.js';
import { unref } from '../../time/unref.js';
import type { Circuit } from './circuit.js';

/**
 * Moves an open circuit on to half-open when its time is over, for those who want to hear of it then. Its timer runs only while the
 * circuit is open and somebody listens, and does not keep the process alive. Where timers belong to a request there is none, and
 * the next call moves the circuit on.
 */
export class HalfOpenAlarm {
  readonly #circuit: Circuit;
  readonly #clock: () => Clock;
  /** The async context in which the breaker, or the original of its copy, was made. The end of its open time is no part of the call that opened it. */
  readonly home: Home | undefined;
  #holders = 0;
  /** When the timer that runs is due. */
  #dueAt: number | undefined;
  #cancel: (() => void) | undefined;

  constructor(circuit: Circuit, clock: () => Clock, home = homeHere()) {
    this.#circuit = circuit;
    this.#clock = clock;
    this.home = home;
  }

  /** Somebody listens, until what this returns is called. */
  hold(): () => void {
    this.#holders++;
    this.update();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders--;
      this.update();
    };
  }

  /** The circuit may have changed. */
  update(): void {
    const { state, openUntil } = this.#circuit;
    const isBound = boundToRequests && isSystemClock(this.#clock());
    const dueAt = state === 'open' && this.#holders > 0 && !isBound ? openUntil : undefined;
    if (dueAt === this.#dueAt) return;
    this.#cancel?.();
    this.#dueAt = dueAt;
    this.#cancel = dueAt === undefined ? undefined : this.#atHome(dueAt);
  }

  /** A timer keeps the context in which it is set. */
  #atHome(dueAt: number): () => void {
    const { home } = this;
    return home === undefined
      ? this.#timerAt(dueAt)
      : home.runInAsyncScope(this.#timerAt, this, dueAt);
  }

  /** Returns what cancels it. */
  #timerAt(dueAt: number): () => void {
    const clock = this.#clock();
    const timer = clock.setTimer(() => {
      this.#dueAt = undefined;
      this.#cancel = undefined;
      this.#circuit.advance(clock.now());
      // Timers may come a little early.
      this.update();
    }, dueAt - clock.now());
    unref(timer);
    return () => clock.clearTimer(timer);
  }
}
