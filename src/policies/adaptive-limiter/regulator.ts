import type { OutcomeKind } from '../../pipeline/outcome/outcome.js';
import type { TimeSource } from '../../time/time-source.js';

/** How a call ended. `ignored`: it says nothing, however long it took. `superseded`: it was given up for another one, and would have taken longer. */
export type Ending = OutcomeKind | 'ignored' | 'superseded';

/** Decides how many calls may be in flight, from how calls end. Its state for a call is a number, which costs no allocation. */
export interface Regulator {
  /** How many calls may be in flight now. */
  readonly current: number;
  /** How long calls take when nothing queues, if it knows. */
  readonly unloadedMs: number | undefined;
  /** How often the limit was released. What was full before that says nothing any more. */
  readonly letGoes: number;
  /** Whether time alone can change its answers, and slots can be kept. Then it needs the time, and the time that callers have. */
  readonly movesWithTime: boolean;
  /** Whether its knowledge must not be dropped. */
  readonly remembers: boolean;
  /** The time, as exactly as it needs it when a call comes. */
  timeOf(time: TimeSource, deadlineMs: number): number;
  /** Time has passed. */
  advance(nowMs: number): void;
  /** A call comes, and is not in a slot yet. */
  look(nowMs: number, inFlight: number, time: TimeSource): void;
  /** A call gets its slot. `deadlineMs` is Infinity if it has none, or if nobody asked for it. */
  begin(nowMs: number, deadlineMs: number): number;
  /** From now on the call's time says nothing about the upstream. */
  pause(stay: number): void;
  /** From now on the call's time counts again. The time before does not. Returns the new state of the call. */
  resume(stay: number, nowMs: number, deadlineMs: number): number;
  /**
   * A call ends. Returns for how many milliseconds its slot is still kept.
   *
   * @param inFlight How many are in flight, itself included. The limit, if a call has found no slot since one last came in.
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
