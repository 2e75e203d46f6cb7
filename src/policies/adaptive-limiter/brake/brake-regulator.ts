import type { TimeSource } from '../../../time/time-source.js';
import type { Ending, Regulator } from '../regulator.js';
import { Brake } from './brake.js';
import { keptFor } from './kept-slots.js';
import { Stays } from './stays.js';
import { UsualLatency } from './usual-latency.js';

/** A call is useless when it takes more than this share of the time that its caller has left. */
const USEFUL_SHARE = 0.5;

/** With less time than this, a call's start and end must be known to the millisecond. Otherwise a tick is enough. */
const SHORT_MS = 200;

/** Judges calls as useful or useless, also while they are in flight, and brakes. */
export class BrakeRegulator implements Regulator {
  readonly unloadedMs = undefined;
  readonly movesWithTime = true;
  readonly #brake: Brake;
  readonly #stays = new Stays();
  readonly #usual = new UsualLatency();
  /** While time stands still, nobody becomes late. */
  #lookedAt = Number.NaN;

  constructor(minLimit: number, maxLimit: number, initialLimit: number) {
    this.#brake = new Brake(minLimit, maxLimit, initialLimit);
  }

  get current(): number {
    return this.#brake.current;
  }

  get letGoes(): number {
    return this.#brake.letGoes;
  }

  get remembers(): boolean {
    return this.#brake.remembers;
  }

  timeOf(time: TimeSource, deadlineMs: number): number {
    const now = time.recent();
    return deadlineMs - now < SHORT_MS ? time.now() : now;
  }

  advance(nowMs: number): void {
    // Not before the first call: an initial limit is for calls, and whoever looks at it must not use it up.
    if (this.#lookedAt <= nowMs) this.#brake.advance(nowMs);
  }

  look(nowMs: number, inFlight: number, time?: TimeSource): void {
    if (nowMs === this.#lookedAt) return;
    this.#lookedAt = nowMs;
    const brake = this.#brake;
    const stays = this.#stays;
    brake.advance(nowMs);
    // A late call is useless before it ends. Otherwise a hanging upstream would be noticed a whole timeout later.
    for (let stay = stays.takeLate(nowMs, time); stay >= 0; stay = stays.takeLate(nowMs, time)) {
      brake.useless(stays.cuts(stay), nowMs, inFlight);
    }
  }

  begin(nowMs: number, deadlineMs: number): number {
    const usefulMs = this.#usefulMs(nowMs, deadlineMs);
    return this.#stays.add(nowMs, usefulMs, deadlineMs !== Infinity, this.#brake.cuts);
  }

  pause(stay: number): void {
    this.#stays.pause(stay);
  }

  resume(stay: number, nowMs: number, deadlineMs: number): number {
    this.#stays.resume(stay, nowMs, this.#usefulMs(nowMs, deadlineMs));
    return stay;
  }

  end(
    stay: number,
    time: TimeSource,
    inFlight: number,
    ending: Ending,
    isOverload: boolean,
  ): number {
    const stays = this.#stays;
    const brake = this.#brake;
    const usefulMs = stays.usefulMs(stay);
    const isShort = usefulMs < SHORT_MS * USEFUL_SHARE && stays.hasDeadline(stay);
    const now = isShort ? time.now() : time.recent();
    if (ending === 'ignored') {
      // Before looking for late calls: this call's time says nothing.
      stays.remove(stay);
      this.look(now, inFlight, time);
      return 0;
    }
    this.look(now, inFlight, time);
    const tookMs = now - stays.startedMs(stay);
    const isGivenUp = ending === 'timeout' || ending === 'cancelled' || ending === 'superseded';
    let isUseless = stays.isJudged(stay);
    if (!isUseless) {
      isUseless = isOverload || stays.isLate(stay, now, time);
      if (isUseless) brake.useless(stays.cuts(stay), now, inFlight);
      else if (ending === 'success' && usefulMs > 0) brake.useful(stays.cuts(stay), now, inFlight);
    }
    if (ending === 'success' && !stays.hasDeadline(stay)) {
      // In no more than a millisecond, a block makes no difference.
      this.#usual.add(tookMs <= 1 ? tookMs : time.elapsed(now - tookMs, now));
    }
    stays.remove(stay);
    // The upstream still works on calls that were given up.
    return isGivenUp && isUseless && brake.inTrouble ? keptFor(tookMs) : 0;
  }

  /** How long a call may take and still be useful to its caller. */
  #usefulMs(nowMs: number, deadlineMs: number): number {
    return deadlineMs === Infinity ? this.#usual.unusualMs : (deadlineMs - nowMs) * USEFUL_SHARE;
  }
}
