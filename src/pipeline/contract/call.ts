import type { TimeSource } from '../../time/time-source.js';
import type { Outcome } from '../outcome/outcome.js';
import type { Known, Verdict } from '../outcome/verdict.js';
import type { EventBody, Told } from '../reporting/events.js';

/** What a policy sees of the call it is part of. Valid from `enter` to `exit`; the engine reuses the object. */
export interface Call {
  /** Name of the pipeline that runs the call. */
  readonly pipeline: string;
  /** What messages call that pipeline: its name, and of a keyed one's copy the key, as in `fetch [https://api.example]`. */
  readonly label: string;
  /** The call's number, as its events have it: no other call of the process has it. Made when it is first asked for. */
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
  /** How often the operation has been called in this call so far. */
  readonly attempts: number;
  /** When the nearest enclosing timeout expires, in the clock's milliseconds; `Infinity` without one. */
  readonly deadline: number;
  /** @internal As {@link Call.deadline}, up to a tick of the time source early, and at hardly any cost. */
  readonly roughDeadline: number;
  /** @internal What the call sets in place of the own option of the policy in `layer`: see {@link LayerSettings}. */
  setting(layer: number): number | undefined;
  /**
   * What the pipeline's `isFailure` says of an outcome of this call. `undefined` where it has none, and of timeouts, refusals and aborts, about
   * which it is not asked.
   *
   * @throws what `isFailure` throws, and a ContractError when it answers something else.
   */
  isFailure(outcome: Outcome): Verdict | undefined;
  /** @internal The same, and what more is known. */
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
  /** @internal What an event says of an outcome. */
  told(outcome: Outcome): Told;
  /** Counts and reports that the policy, in a dry run, lets the call in although it would have refused it. */
  wouldReject(reason: string, retryAfter?: number): void;
  /**
   * Ends everything inside layer `layer` at once with this error as a timeout: the operation's signal aborts with the
   * error, permits inside are given back, and the outcome goes on outwards from that layer. The gates inside learn it as a
   * `timeout` when the operation runs, and as `cancelled` when the call waits. Needs {@link Gate.mayAbandon}.
   * A ResilienceError that does not say where it comes from is told.
   */
  abandon(layer: number, error: unknown): void;
}
