import type { BlockedTime } from '../../time/blocks.js';

/** A call let in by a half-open breaker. */
export interface Probe {
  /** The half-open period it belongs to. */
  readonly period: Probes;
  startedAt: number;
  /** Whether its result is still wanted. */
  pending: boolean;
}

/** The verdict of the probes so far; `undefined` while they say nothing yet. */
export type ProbeVerdict = 'recovered' | 'failing' | undefined;

/** The least number of `limit` probes whose share is not below `share`. */
export function probesNeeded(limit: number, share: number): number {
  const needed = Math.ceil(limit * share);
  // A product such as 100 * 0.07 comes out a little too high.
  return (needed - 1) / limit >= share ? needed - 1 : needed;
}

/**
 * The account of one half-open period. At most `limit` probes are let in within `placeMs`. A probe that was cancelled or ignored
 * frees its place. A probe that is unfinished after `timeoutMs` has failed.
 *
 * After `placeMs` a place is free again, but the probe's result still counts. An upstream that hung may be back, and the probes
 * that it left hanging would be the last to know. And if calls are few, two that come together must not compete for the last place.
 *
 * It has no timer. {@link Probes.expire} applies the time. Call it before anything else at a given time.
 */
export class Probes {
  readonly #limit: number;
  readonly #needed: number;
  readonly #timeoutMs: number;
  readonly #placeMs: number;
  readonly #blocked: BlockedTime | undefined;
  /** In the order in which they started. */
  readonly #running: Probe[] = [];
  /** The start times of probes that have a place, ended or not. */
  readonly #places: number[] = [];
  #succeeded = 0;
  #failed = 0;

  /** @param needed How many probes have to succeed: 1 to `limit`. */
  constructor(
    limit: number,
    needed: number,
    timeoutMs: number,
    placeMs = Infinity,
    blocked?: BlockedTime,
  ) {
    this.#limit = limit;
    this.#needed = needed;
    this.#timeoutMs = timeoutMs;
    this.#placeMs = placeMs;
    this.#blocked = blocked;
  }

  /** How many have ended with a verdict. */
  get total(): number {
    return this.#succeeded + this.#failed;
  }

  get failures(): number {
    return this.#failed;
  }

  /** Probes whose result is still wanted. */
  get inFlight(): number {
    return this.#running.length;
  }

  /** Lets a probe in, if there is a place. */
  admit(nowMs: number): Probe | undefined {
    const places = this.#places;
    while (places[0] !== undefined && nowMs - places[0] >= this.#placeMs) places.shift();
    if (places.length >= this.#limit) return undefined;
    const probe: Probe = { period: this, startedAt: nowMs, pending: true };
    this.#running.push(probe);
    places.push(nowMs);
    return probe;
  }

  /** A probe ended. */
  settle(probe: Probe, succeeded: boolean): ProbeVerdict {
    if (!this.#remove(probe)) return undefined;
    if (succeeded) this.#succeeded++;
    else this.#failed++;
    return this.#verdict();
  }

  /** A probe had succeeded, and has failed since. */
  failSuccess(): ProbeVerdict {
    if (this.#succeeded === 0) return undefined;
    this.#succeeded--;
    this.#failed++;
    return this.#verdict();
  }

  /** A probe ended and says nothing about the upstream. */
  free(probe: Probe): void {
    if (!this.#remove(probe)) return;
    const place = this.#places.indexOf(probe.startedAt);
    if (place !== -1) this.#places.splice(place, 1);
  }

  /** Counts the probes that have taken too long as failed. */
  expire(nowMs: number): ProbeVerdict {
    let oldest = this.#running[0];
    if ((this.#places.at(-1) ?? nowMs) > nowMs) this.#restart(nowMs);
    while (oldest !== undefined && this.#isOver(oldest, nowMs)) {
      this.#remove(oldest);
      this.#failed++;
      oldest = this.#running[0];
    }
    return this.#verdict();
  }

  /** The clock went back, which it must not do. Without this, a hung probe would keep its place until the clock has caught up. */
  #restart(nowMs: number): void {
    for (const probe of this.#running) probe.startedAt = Math.min(probe.startedAt, nowMs);
    this.#places.forEach((at, i) => {
      this.#places[i] = Math.min(at, nowMs);
    });
  }

  /** Time in which the event loop was blocked does not count. */
  #isOver({ startedAt }: Probe, nowMs: number): boolean {
    return (this.#blocked?.elapsed(startedAt, nowMs) ?? nowMs - startedAt) >= this.#timeoutMs;
  }

  #verdict(): ProbeVerdict {
    if (this.#succeeded >= this.#needed) return 'recovered';
    return this.#failed > this.#limit - this.#needed ? 'failing' : undefined;
  }

  #remove(probe: Probe): boolean {
    if (!probe.pending || probe.period !== this) return false;
    probe.pending = false;
    this.#running.splice(this.#running.indexOf(probe), 1);
    return true;
  }
}
