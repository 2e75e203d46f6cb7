import type { OutcomeKind } from '../../pipeline/outcome/outcome.js';
import type { TimeSource } from '../../time/time-source.js';

/** How a call ended; `ignored`: it says nothing, whatever it took. */
export type Ending = OutcomeKind | 'ignored';

/** Decides how many calls may be in flight, from how they go. What it keeps for a call is a number, which costs no allocation. */
export interface Regulator {
  /** How many calls may be in flight now. */
  readonly current: number;
  /** How long calls take when nothing queues, where it knows. */
  readonly unloadedMs: number | undefined;
  /** How often the limit was let go: whatever was found full before says nothing any more. */
  readonly letGoes: number;
  /** Whether time alone can change what it says, and slots be kept: then it is to look at the time, and at the time that callers have. */
  readonly movesWithTime: boolean;
  /** Whether what it knows must not be dropped. */
  readonly remembers: boolean;
  /** The time, as exactly as it has to know it when a call comes. */
  timeOf(time: TimeSource, deadlineMs: number): number;
  /** Time has passed. */
  advance(nowMs: number): void;
  /** A call comes, and is not in a slot yet. */
  look(nowMs: number, inFlight: number): void;
  /** A call gets its slot. `deadlineMs` is Infinity where it has none, or where that was not asked. */
  begin(nowMs: number, deadlineMs: number): number;
  /** What a call does now takes time that says nothing of the upstream. */
  pause(stay: number): void;
  /** From now on it says something again, and the time before is of no account. Answers what is kept for the call. */
  resume(stay: number, nowMs: number, deadlineMs: number): number;
  /**
   * A call ends. Answers for how many milliseconds its slot is kept all the same.
   *
   * @param inFlight How many are in flight, itself included; the limit where a call has found no slot since one last came in.
   * @param isOverload Whether its outcome is a sign of overload.
   */
  end(
    stay: number,
    time: TimeSource,
    inFlight: number,
    ending: Ending,
    isOverload: boolean,
  ): number;
}
