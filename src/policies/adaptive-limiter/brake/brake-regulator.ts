import type { OutcomeKind } from '../../../pipeline/outcome.js';
import type { TimeSource } from '../../../time/time-source.js';
import type { Regulator } from '../regulator.js';
import { Brake } from './brake.js';
import { keptFor } from './kept-slots.js';
import { Stay, Stays } from './stays.js';
import { UsualLatency } from './usual-latency.js';

/** A call is useless when it takes more than this share of the time that its caller has left. */
const USEFUL_SHARE = 0.5;

/** With less time than this, a call's start and end have to be known to the millisecond; else to a tick. */
const SHORT_MS = 200;

/** Judges calls as useful or useless, also while they are in flight, and brakes. */
export class BrakeRegulator implements Regulator<Stay> {
  readonly unloadedMs = undefined;
  readonly #brake: Brake;
  readonly #stays = new Stays();
  readonly #usual = new UsualLatency();

  constructor(minLimit: number, maxLimit: number, initialLimit: number) {
    this.#brake = new Brake(minLimit, maxLimit, initialLimit);
  }

  get current(): number {
    return this.#brake.current;
  }

  remembers(nowMs: number): boolean {
    this.#brake.advance(nowMs);
    return this.#brake.isOn;
  }

  timeOf(time: TimeSource, deadlineMs: number): number {
    const now = time.recent();
    return deadlineMs - now < SHORT_MS ? time.now() : now;
  }

  look(nowMs: number, inFlight: number): void {
    const brake = this.#brake;
    brake.advance(nowMs);
    // Whoever is late is useless before it ends: else an upstream that hangs would be found out a whole timeout later.
    for (let stay = this.#stays.takeLate(nowMs); stay; stay = this.#stays.takeLate(nowMs)) {
      brake.useless(stay.startedMs, nowMs, inFlight);
    }
  }

  begin(nowMs: number, deadlineMs: number): Stay {
    const hasDeadline = deadlineMs !== Infinity;
    const usefulMs = hasDeadline ? (deadlineMs - nowMs) * USEFUL_SHARE : this.#usual.unusualMs;
    const stay = new Stay(nowMs, usefulMs, hasDeadline);
    this.#stays.add(stay);
    return stay;
  }

  end(
    stay: Stay,
    time: TimeSource,
    inFlight: number,
    kind: OutcomeKind,
    isOverload: boolean,
  ): number {
    const { startedMs, usefulMs } = stay;
    const now = usefulMs < SHORT_MS * USEFUL_SHARE ? time.now() : time.recent();
    this.look(now, inFlight);
    const tookMs = now - startedMs;
    const isGivenUp = kind === 'timeout' || kind === 'cancelled';
    const brake = this.#brake;
    if (!stay.judged) {
      this.#stays.remove(stay);
      if (isOverload || (tookMs > usefulMs && (isGivenUp || kind === 'success'))) {
        stay.judged = true;
        brake.useless(startedMs, now, inFlight);
      } else if (kind === 'success') {
        brake.useful(startedMs, now, inFlight);
      }
    }
    if (kind === 'success' && !stay.hasDeadline) this.#usual.add(tookMs);
    // The upstream still works on what was given up.
    return isGivenUp && stay.judged && brake.inTrouble ? keptFor(tookMs) : 0;
  }
}
