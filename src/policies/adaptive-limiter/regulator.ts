import type { OutcomeKind } from '../../pipeline/outcome.js';
import type { TimeSource } from '../../time/time-source.js';
import { BrakeRegulator } from './brake/brake-regulator.js';
import { LatencyRegulator } from './latency-regulator.js';
import type { ResolvedAdaptiveLimiter } from './options.js';

/** Decides how many calls may be in flight, from how they go. `Stay` is what it keeps for a call: a number costs no allocation. */
export interface Regulator<Stay = unknown> {
  /** How many calls may be in flight now. */
  readonly current: number;
  /** How long calls take when nothing queues, where it knows. */
  readonly unloadedMs: number | undefined;
  /** Whether what it knows must not be dropped now. */
  remembers(nowMs: number): boolean;
  /** How exactly it has to know the time when a call comes. */
  timeOf(time: TimeSource, deadlineMs: number): number;
  /** A call comes, and is not in a slot yet. */
  look(nowMs: number, inFlight: number): void;
  /** A call gets its slot. */
  begin(nowMs: number, deadlineMs: number): Stay;
  /**
   * A call ends. Answers for how many milliseconds its slot is kept all the same.
   *
   * @param inFlight How many are in flight, itself included; the limit where a call has found no slot since one last came in.
   * @param isOverload Whether its outcome is a sign of overload.
   */
  end(
    stay: Stay,
    time: TimeSource,
    inFlight: number,
    kind: OutcomeKind,
    isOverload: boolean,
  ): number;
}

/** The regulator that the options ask for. */
export function regulatorOf(options: ResolvedAdaptiveLimiter): Regulator {
  const { algorithm, minLimit, maxLimit, initialLimit } = options;
  return algorithm === 'brake'
    ? new BrakeRegulator(minLimit, maxLimit, initialLimit)
    : new LatencyRegulator({ ...options, algorithm });
}
