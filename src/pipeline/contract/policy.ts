/**
 * The contract between the engine and a policy. It is public: users write their own policies with it, and the
 * built-in ones use nothing else.
 *
 * A policy is a {@link Gate} when it only lets calls in and learns how they ended, and a {@link Driver} when it decides
 * whether and how often the rest of the pipeline runs. Neighbouring gates share one loop and one promise; a driver
 * costs nothing while its first outcome is acceptable.
 */

import type { RejectedError } from '../../errors.js';
import type { TimeSource } from '../../time/time-source.js';
import type { FailureRule } from '../outcome/failure-rule.js';
import type { Outcome } from '../outcome/outcome.js';
import type { Call } from './call.js';
import type { Drive } from './drive.js';
import type { BreakerState, EventBody } from './events.js';
import type { PolicyMeasures } from './measures.js';
import type { Refusals } from './refusals.js';
import type { StraightHalf, StraightPlace } from './straight-half.js';

export type { Call } from './call.js';
export type { Drive, NextOptions } from './drive.js';

/** Whether anybody listens. */
export interface Audience {
  readonly active: boolean;
}

/** What every policy may offer the pipeline that holds it. */
export interface PolicyBase {
  /** Stable word for the kind of policy: `retry`, `circuit_breaker`. Policies are named by it unless they have a `name`. */
  readonly type: string;
  /** The name in events, errors and telemetry. Default: the type. */
  readonly name?: string | undefined;
  /**
   * Called when a pipeline is made with this policy. Throws a ConfigError if the policy cannot work there. `hasRule`: in this pipeline,
   * `Call.isFailure` gives verdicts on results, too. `inside`: the policy right inside this one, if there is one.
   */
  bind?(time: TimeSource, hasRule?: boolean, inside?: Policy<unknown>): void;
  /** @internal The `isFailure` of the list that this policy comes from: see `standard`. */
  readonly failureRule?: FailureRule | undefined;
  /** @internal Its part in the path of a call that is let in at once and succeeds; `undefined` where it has none. Asked when a plan is made. */
  straight?(place: StraightPlace): StraightHalf | undefined;
  /** A copy with the same options and fresh state, without validating again. Without it, copies of a pipeline share the policy. */
  fork?(): Policy<unknown>;
  /** @internal How copies are made that need nothing of their own before they are called; with `fork` only. There before a keyed pipeline makes copies. */
  readonly copies?: LateCopies | undefined;
  /** The policy's state as plain JSON. */
  snapshot?(): unknown;
  /**
   * Resets the policy's state, for tests that share it: see `startOver` of `holdfast/testing`. Calls inside go on; their `exit` must then count
   * nothing and give nothing back. Required for policies that can {@link PolicyBase.fork}.
   */
  startOver?(): void;
  /** Plain numbers for telemetry, asked for when it collects. `nowMs` is the time of the pipeline's clock. */
  measure?(nowMs: number): PolicyMeasures;
  /**
   * Reports events that concern all calls, or happen outside any (a breaker tripped by hand). `callId` is the number of the call that caused
   * the event. Returns a function that unsubscribes.
   */
  subscribe?(emit: (event: EventBody, callId?: number) => void): () => void;
  /** @internal Who is told through `subscribe`. */
  readonly audience?: Audience;
  /**
   * A call that this policy let in succeeded at about `succeededAt` (in the clock's milliseconds), and what it returned has failed since: the
   * body of a response. Called outside any call. `callId` is the number of the call, if somebody listened to it.
   */
  failedLate?(outcome: Outcome, succeededAt: number, callId?: number): void;
  /** Whether a call is inside, or the policy has state that must not be dropped (an open breaker). Keyed pipelines ask before they evict. */
  busy?(): boolean;
  /**
   * @internal Milliseconds that a circuit breaker has been in each state until `nowMs`, summed over all copies made by `fork`. Telemetry keeps
   * the function, so it must not hold the policy.
   */
  readonly stateTimes?: ((nowMs: number) => Readonly<Record<BreakerState, number>>) | undefined;
  /** @internal The same policy for a client that asks what stands between it and the upstream: see `sendingOf`. */
  inClient?(): Policy<unknown>;
  /** @internal No more calls come: stop counting what goes on with time alone. */
  retire?(): void;
}

/** @internal Copies of a policy that are made when they are needed. */
export interface LateCopies {
  /** There will be a copy, as it is in the beginning. */
  begin(nowMs: number): void;
  /** It is needed no more, and was not made. */
  end(nowMs: number): void;
  /** The copy, which goes on from what was kept for it. `retired`: it was needed no more, and is called all the same. */
  fork(retired: boolean, kept: unknown): Policy<unknown>;
  /**
   * Its part in the straight path of copies that are not made: such a copy has had no call that failed. What it counts it keeps in place `at` of
   * the copy. `undefined` where the copy has to be made for its first call.
   */
  straight?(place: StraightPlace, at: number): StraightHalf | undefined;
  /** As `measure` of the policy, of a copy that is not made. */
  measure?(kept: unknown, nowMs: number): PolicyMeasures;
}

/** Answer of {@link Gate.enter}: `undefined` admits, an error refuses. */
export type Admission = undefined | RejectedError;

/**
 * Lets calls in, and learns how they ended.
 *
 * For each `enter` that admitted there is exactly one `exit`, whatever happens.
 */
export interface Gate extends PolicyBase {
  /** Tells gates from drivers. */
  readonly role: 'gate';
  /** Admits or refuses; returns a promise only when the call has to wait. What it throws becomes the outcome. */
  enter(call: Call): Admission | Promise<Admission>;
  /**
   * The run inside ended. `outcome` is only valid during the call. When a time outside this gate is over while the operation
   * runs, it is a `timeout` with that error: the upstream was asked and did not answer. A run that is given up in any other way
   * (by the caller, because another one takes its place, or by a time that is over while it waits) is `cancelled`. What it throws
   * replaces the outcome.
   */
  exit(call: Call, outcome: Outcome): void;
  /** The call gave up while it waited in `enter`: forget it. If it is admitted all the same, `exit` follows. */
  leave?(call: Call): void;
  /** `true`: `exit` waits until every operation started inside has really settled, also after the call was given up. */
  readonly holds?: boolean;
  /** How it refuses calls, if that is known in advance. */
  readonly refusals?: Refusals | undefined;
  /** @internal Its `exit` and `leave` call no user code. */
  readonly quiet?: boolean;
  /** Must be `true` for a gate that calls {@link Call.abandon}. */
  readonly mayAbandon?: boolean;
  /** When this gate will abandon the call whose `state` this is, in the clock's milliseconds. */
  deadlineOf?(state: unknown): number;
  /** @internal The same, up to a tick early. */
  roughDeadlineOf?(state: unknown): number;
  /** @internal The call with this `state` sends a body. The time that takes does not count against the upstream. */
  sending?(call: Call, state: unknown): void;
  /**
   * @internal The body is sent, and may be on its way for `extraMs`. `deadlineMs` is the deadline of the layers outside, up to a tick early.
   * Returns the new state.
   */
  sent?(call: Call, state: unknown, deadlineMs: number, extraMs: number): unknown;
  /** @internal Stops the clock of the call with this `state`. Returns the new state. */
  stopClock?(call: Call, state: unknown): unknown;
  /** @internal Restarts that clock with `extraMs` on top of its time. Returns the new state. */
  startClock?(call: Call, layer: number, state: unknown, extraMs: number): unknown;
}

/** Decides whether and how often the rest of the pipeline runs. */
export interface Driver extends PolicyBase {
  /** Tells drivers from gates. */
  readonly role: 'driver';
  /**
   * With `accepts`, the engine runs the inner layers once and asks whether the outcome may leave as it is. `drive` is called only if
   * not, with that outcome as `first`. Without `accepts`, `drive` is called at once.
   */
  accepts?(call: Call, outcome: Outcome): boolean;
  /** Whether `accepts` wants to see successful outcomes too. Default `false`: a success is accepted unasked. */
  readonly inspectsValues?: boolean;
  /** Called before the first run, when `accepts` is there. Not called for a hedge: that runs beside a first run. */
  begin?(call: Call): void;
  /** Decides the outcome: returns it, or a promise of it if it has to wait. What it throws becomes the outcome. */
  drive(drive: Drive, first: Outcome | undefined): Outcome | Promise<Outcome>;
}

/** A layer of a pipeline. `Adds` is what the policy may return in place of the operation's result. */
export type Policy<Adds = never> = (Gate | Driver) & {
  /** Exists in types only: it carries what a fallback adds to the result. */
  readonly adds?: (() => Adds) | undefined;
};
