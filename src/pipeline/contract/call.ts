import type { TimeSource } from '../../time/time-source.js';
import type { Outcome } from '../outcome/outcome.js';
import type { Known, Verdict } from '../outcome/verdict.js';
import type { CallTraits } from './call-traits.js';
import type { Operation } from './context.js';
import type { EventBody, Told } from './events.js';

/** What a policy sees of the call it is part of. Valid from `enter` to `exit`: do not keep it. */
export interface Call {
  /** Name of the pipeline that runs the call. */
  readonly pipeline: string;
  /** The pipeline as messages name it: its name and, for a copy of a keyed pipeline, the key: `fetch [https://api.example]`. */
  readonly label: string;
  /** Number of the call, unique in the process. Its events have the same number. Made on first read. */
  readonly callId: number;
  /** @internal Which copy of a keyed pipeline that is, as errors show it. */
  readonly publicKey: string | undefined;
  /** Name of this policy in that pipeline. */
  readonly policy: string;
  /** The pipeline's time: `now()` is exact, `recent()` cheap (see TimeSource). */
  readonly time: TimeSource;
  /** This policy's position in this call; give it to {@link Call.abandon}. */
  readonly layer: number;
  /** The gate's own place in this call: what `enter` puts here, `exit` finds here. Set it before `enter` returns. */
  state: unknown;
  /** What the call says of itself: how important it is, and what it costs. `undefined`: nothing. */
  readonly traits: CallTraits | undefined;
  /**
   * How important this attempt is, from 0 to 9: higher ones are served first and refused last. Two numbers for each class of calls, the
   * higher for first attempts and the lower for retries and hedges. A first attempt of a call that says no class has 5.
   */
  readonly rank: number;
  /** @internal What the innermost policy makes of the operation, for this attempt. Set it before `enter` returns. */
  around?: ((operation: Operation) => Operation) | undefined;
  /** How often the operation has been called in this call so far. */
  readonly attempts: number;
  /** @internal The policies of the plan, for those that share something with another one. */
  readonly layers: readonly { readonly name: string; readonly policy: object }[];
  /** @internal Whether the operation may run beside itself. An operation that must not says so: see {@link OwnContext.runsAlone}. */
  readonly alone: boolean;
  /** When the nearest enclosing timeout expires, in the clock's milliseconds; `Infinity` without one. */
  readonly deadline: number;
  /** @internal Like {@link Call.deadline}, but up to a tick of the time source early, and almost free. */
  readonly roughDeadline: number;
  /** @internal What the call sets in place of the own option of the policy in `layer`: see {@link LayerSettings}. */
  setting(layer: number): number | undefined;
  /**
   * The verdict of the pipeline's `isFailure` on an outcome of this call. `undefined` if the pipeline has none. It is not asked about timeouts,
   * refusals and aborts: the verdict on these is `undefined`, too.
   *
   * @throws what `isFailure` throws, and a ContractError when it answers something else.
   */
  isFailure(outcome: Outcome): Verdict | undefined;
  /** @internal The same, with the finer distinctions of {@link Known}. */
  known(outcome: Outcome): Known;
  /** Whether rejections carry a stack (`captureStack` of the pipeline). */
  readonly captureStack: boolean;
  /** Whether anybody listens: ask before building an event. */
  readonly listening: boolean;
  /** Reports an event of the policy in layer `layer`, by default the one that is being asked. */
  emit(event: EventBody, layer?: number): void;
  /** @internal Calls a function in the call's own trace. */
  within<T>(run: () => T): T;
  /** Notes an event in the trace of this call alone. For what {@link PolicyBase.subscribe} reports to everybody. */
  note(event: EventBody, layer?: number): void;
  /** @internal What an event says about an outcome. */
  told(outcome: Outcome): Told;
  /** For dry runs: counts and reports that the policy would have refused the call. */
  wouldReject(reason: string, retryAfter?: number): void;
  /**
   * Ends everything inside layer `layer` at once with this error as a timeout: the operation's signal aborts with the
   * error, permits inside are given back, and the outcome goes on outwards from that layer. The gates inside learn it as a
   * `timeout` when the operation runs, and as `cancelled` when the call waits. Needs {@link Gate.mayAbandon}.
   * A ResilienceError gets the names of the pipeline and of the policy, unless it has them already.
   */
  abandon(layer: number, error: unknown): void;
}
