import type { RejectedError } from '../../errors.js';
import type { TimeSource } from '../../time/time-source.js';
import type { OutcomeKind } from '../outcome/outcome.js';
import type { Tally } from '../reporting/tally.js';
import type { Call } from './call.js';
import type { Context } from './context.js';

/** How many values the policies of a call may keep in it. */
export const MAX_KEPT = 3;

/** A call on the straight path, as policies see it. */
export interface StraightEntrant extends Context {
  /** What policies keep in the call: each in the place that is its own. */
  kept0: unknown;
  kept1: unknown;
  kept2: unknown;
  /** The copy of a keyed pipeline that it is a call of. */
  readonly copy: CompactCopy;
  /** Takes the call off the straight path. The operation runs. */
  readonly takenOver: Call;
}

/** A copy of a keyed pipeline that has no policies of its own yet. */
export interface CompactCopy {
  /** What policies keep for it, each in its place; `undefined` once it has policies of its own. */
  readonly kept: unknown[] | undefined;
  /** The same, of a copy that has none for certain. */
  keep(): unknown[];
}

/**
 * What a policy does to a call that it lets in at once and that succeeds, which is all that almost every call needs. Neither function may
 * call anything of the user's, or throw. Either answers whether it has done its part; if not, it has done nothing, and the policy itself is
 * asked with all that the contract promises.
 */
export interface StraightHalf {
  /** The call comes in. */
  enter?: ((call: StraightEntrant) => boolean) | undefined;
  /** It has succeeded. */
  exit?: ((call: StraightEntrant) => boolean) | undefined;
  /**
   * The run inside has failed, or was refused: takes the call out, and may put an answer in place of the error. Without it the policy itself
   * is asked about failures.
   */
  fail?: ((call: StraightEntrant, end: StraightEnd) => boolean) | undefined;
  /** The error for a call that was not let in, where it is refused and that is all; else `undefined`. */
  refuse?: ((about: RefusedCall) => RejectedError | undefined) | undefined;
  /** What the policy would have kept for the call, had it let it in: from here on it is `call`'s. */
  stateOf?: ((entrant: StraightEntrant, call: Call) => unknown) | undefined;
}

/** How a call ends that was refused, or whose operation failed. */
export interface StraightEnd {
  readonly kind: OutcomeKind;
  readonly error: unknown;
  /** A fallback has this value in place of the error. */
  answer(value: unknown): void;
}

/** What a refusal says of the call. */
export interface RefusedCall {
  readonly label: string;
  readonly captureStack: boolean;
}

/** Where a policy is in a straight path. */
export interface StraightPlace {
  readonly layer: number;
  readonly time: TimeSource;
  /** Takes a place in the call; `undefined` when there is none left. */
  keep(): number | undefined;
}

/** Goes through layers. Answers the one in which the straight path ends, or {@link THROUGH}. */
export type Steps = (call: StraightEntrant) => number;

/** The call has come through all layers. */
export const THROUGH = -1;

/** The straight path through the layers of a plan, put together once and for all calls. */
export interface StraightPath {
  /** Takes a call in. */
  readonly enter: Steps;
  /** Takes a call that has succeeded out. */
  readonly exit: Steps;
  /** Who listens to the pipeline, and where it counts its calls. */
  readonly hub: { readonly active: boolean; readonly routine: boolean };
  readonly tally: Tally;
  /** What the policies are to it, by layer. */
  readonly halves: readonly StraightHalf[];
  /** Which of them bound how many calls there are. */
  readonly limits: readonly boolean[];
}

/** Puts a value into a place. */
export function put(call: StraightEntrant, place: number, value: unknown): void {
  if (place === 0) call.kept0 = value;
  else if (place === 1) call.kept1 = value;
  else call.kept2 = value;
}

/** What is in a place. */
export function keptIn(call: StraightEntrant, place: number): unknown {
  if (place === 0) return call.kept0;
  return place === 1 ? call.kept1 : call.kept2;
}
