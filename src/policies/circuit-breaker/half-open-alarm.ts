import type { Clock } from '../../time/clock.js';
import { unref } from '../../time/unref.js';
import type { Circuit } from './circuit.js';

/**
 * Moves an open circuit on to half-open when its time is over, for those who want to hear of it then. Its timer runs only while the
 * circuit is open and somebody listens, and does not keep the process alive.
 */
export class HalfOpenAlarm {
  readonly #circuit: Circuit;
  readonly #clock: () => Clock;
  #holders = 0;
  /** When the timer that runs is due. */
  #dueAt: number | undefined;
  #timer: unknown;
  /** The clock that it runs on. */
  #timerOf: Clock | undefined;

  constructor(circuit: Circuit, clock: () => Clock) {
    this.#circuit = circuit;
    this.#clock = clock;
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
    const dueAt = state === 'open' && this.#holders > 0 ? openUntil : undefined;
    if (dueAt === this.#dueAt) return;
    this.#clear();
    if (dueAt !== undefined) this.#set(dueAt);
  }

  #set(dueAt: number): void {
    const clock = this.#clock();
    this.#dueAt = dueAt;
    this.#timerOf = clock;
    this.#timer = clock.setTimer(() => this.#onTimer(clock), dueAt - clock.now());
    unref(this.#timer);
  }

  #clear(): void {
    if (this.#dueAt === undefined) return;
    this.#dueAt = undefined;
    this.#timerOf?.clearTimer(this.#timer);
  }

  #onTimer(clock: Clock): void {
    this.#dueAt = undefined;
    this.#circuit.advance(clock.now());
    // Timers may come a little early.
    this.update();
  }
}
