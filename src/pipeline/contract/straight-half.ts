import type { RejectedError } from '../../errors.js';
import type { Waiting } from '../../time/deadline-batch.js';
import type { TimeSource } from '../../time/time-source.js';
import type { SureSuccess } from '../outcome/failure-rule.js';
import type { Outcome, OutcomeKind } from '../outcome/outcome.js';
import type { Tally } from '../reporting/tally.js';
import type { Call } from './call.js';
import type { Context } from './context.js';
import type { Drive } from './drive.js';
import type { RetryStop } from './events.js';

/** A call on the straight path, as policies see it. */
export interface StraightEntrant extends Context, Waiting {
  /**
   * What policies keep in the call. No two policies share a place. The call is also the operation's context, so the names are such that nobody
   * gives them to something of one's own. `waitsIn` is for the deadline of a timeout.
   */
  breakerStamp: number;
  limiterSlot: number;
  otherDeadline: unknown;
  /** The copy of a keyed pipeline that the call belongs to. */
  readonly copy: CompactCopy;
  /** Takes the call off the straight path, while the operation runs or is waited for. Returns the run that the policy in this layer has let in. */
  takenOver(layer: number): Call;
}

/** A copy of a keyed pipeline that has no policies of its own yet. */
export interface CompactCopy {
  /** What policies keep for the copy, each in its place. `undefined` once the copy has policies of its own. */
  readonly kept: unknown[] | undefined;
  /** The same, for a copy that certainly has no policies of its own. */
  keep(): unknown[];
}

/**
 * The short form of a policy: what it does to a call that it lets in at once and that succeeds. Almost every call needs no more. Neither `enter`
 * nor `exit` may call user code or throw. Each returns whether it has done its part. If not, the policy itself is asked, with all that the contract
 * promises: it finds in its state, from `stateOf`, what was done already. In most policies that is nothing; a breaker has counted the success.
 */
export interface StraightHalf {
  /** Its seat, if `enter` and `exit` are always made at the same place in the code: see `usual-steps.ts`. */
  seat?: Seat | undefined;
  /** The call comes in. */
  enter?: ((call: StraightEntrant) => boolean) | undefined;
  /** The call has succeeded and leaves. */
  exit?: ((call: StraightEntrant) => boolean) | undefined;
  /**
   * The run inside has failed, or was refused. Takes the call out, and may put an answer in place of the error. Without this function the
   * policy itself is asked about failures.
   */
  fail?: ((call: StraightEntrant, end: StraightEnd) => boolean) | undefined;
  /**
   * The run inside has failed, and `fail` has not taken the call out: starts to decide whether it is run again. Without this function the policy
   * itself is asked.
   */
  rerun?: ((call: StraightEntrant, end: StraightEnd) => StraightRerun) | undefined;
  /** Returns the error for a call that was not let in, if the call is refused and there is no more to do. Otherwise `undefined`. */
  refuse?: ((about: RefusedCall) => RejectedError | undefined) | undefined;
  /** The time of the call is over, of which the policy keeps the deadline. It was up at `atMs`. */
  expire?: ((call: StraightEntrant, atMs: number) => void) | undefined;
  /**
   * Does at once what `enter` and the way out do together to a call that a policy inside refuses, whether it is still refused or answered by
   * now. For a policy that then has no more to do and needs nothing of the call.
   */
  turnBack?: ((end: StraightEnd) => void) | undefined;
  /** While it is shut, `refuse` is asked before an object is made for a call. */
  door?: Door | undefined;
  /** Set by a driver that looks at results: it accepts those of which this says that they are successes. */
  trusts?: SureSuccess | undefined;
  /** When the time is over that the policy gives the call. */
  deadlineOf?: ((call: StraightEntrant) => number) | undefined;
  /** The same, or a tick earlier: see `Gate.roughDeadlineOf`. */
  roughDeadlineOf?: ((call: StraightEntrant) => number) | undefined;
  /** Returns the state that the policy itself would have kept for the call when it let it in. From here on the state belongs to `call`. */
  stateOf?: ((entrant: StraightEntrant, call: Call) => unknown) | undefined;
}

/** The place of a kind of policy where policies come in the usual order. */
export type Seat = 'budget' | 'breaker' | 'deadline' | 'slot';

/** Says whether a policy refuses calls at present, whatever the call. */
export class Door {
  shut = false;
}

/** The end of a call that was refused, or whose operation failed. */
export interface StraightEnd {
  readonly kind: OutcomeKind;
  readonly error: unknown;
  /** Puts this value of a fallback in place of the error. */
  answer(value: unknown): void;
}

/** What a driver decides about one call that it runs again. Only `resume` may call user code. */
export interface StraightRerun {
  /** Why the run inside, which ended like this, is not followed by another one. `undefined`: it is, and `delayMs` says when. */
  stops(end: StraightEnd): RetryStop | undefined;
  /** How long to wait for that, in milliseconds. */
  readonly delayMs: number;
  /** It calls the operation now. */
  started(): void;
  /** It has succeeded. */
  succeeded(): void;
  /** The driver itself goes on, after the wait or the run that had begun. */
  resume(drive: Drive, begun: BegunRun): Promise<Outcome>;
}

/**
 * How far a driver is with the next run: it has decided whether there is one, it has waited for it (`false`: the call was given up meanwhile), or
 * the run has ended like this.
 */
export type BegunRun =
  | { readonly stop: RetryStop | undefined }
  | { readonly slept: boolean }
  | { readonly outcome: Outcome };

/** What a refusal says of the call. */
export interface RefusedCall {
  readonly label: string;
  readonly captureStack: boolean;
}

/** Where a policy is in a straight path. */
export interface StraightPlace {
  readonly layer: number;
  readonly time: TimeSource;
  /** Takes a place in the call. Returns whether it was free. */
  take(place: 'breakerStamp' | 'limiterSlot' | 'otherDeadline' | 'waitsIn'): boolean;
  /** The straight halves of the policies outside this one, outermost first. */
  readonly outside: readonly StraightHalf[];
  /** Says which results are certainly successes. No other result leaves by the path. `undefined`: results are not judged. */
  readonly sureSuccess?: SureSuccess | undefined;
}

/** Goes through layers. Returns the one in which the straight path ends, or {@link THROUGH}. */
export type Steps = (call: StraightEntrant) => number;

/** The same for a call that has succeeded with this result. Returns {@link UNSURE} if the result may be a failure: then no policy was asked. */
export type StepsOut = (call: StraightEntrant, result: unknown) => number;

/** The call has come through all layers. */
export const THROUGH = -1;

/** The result of the call may be a failure. */
export const UNSURE = -2;

/** The straight path through the layers of a plan. It is put together once, for all calls. */
export interface StraightPath {
  /** Takes a call in. */
  readonly enter: Steps;
  /** Takes a call that has succeeded out. */
  readonly exit: StepsOut;
  /** Whether results and errors are judged. Only results that are certainly successes leave by the path. */
  readonly judges: boolean;
  /** Who listens to the pipeline, and where it counts its calls. */
  readonly hub: { readonly active: boolean; readonly routine: boolean };
  readonly tally: Tally;
  /** The door of the outermost policy that has one, if a call can be turned back there. Otherwise one that is never shut. */
  readonly door: Door;
  /** The layer of that policy. */
  readonly doorAt: number;
  /** The straight halves of the policies, by layer. */
  readonly halves: readonly StraightHalf[];
  /** Which of them limit the number of calls. */
  readonly limits: readonly boolean[];
}
