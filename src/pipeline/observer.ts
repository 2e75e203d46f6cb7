import type { Context, Operation } from './context.js';
import type { PipelineEvent } from './events.js';
import type { CallOutcome, Host } from './host.js';
import type { Tally } from './tally.js';

/**
 * Watches the calls of a pipeline. This is the engine's one seam to telemetry, of which it knows nothing else.
 *
 * Nothing here may throw: a call has nobody to tell.
 */
export interface CallObserver {
  /** Where the calls of the pipeline are counted. */
  readonly tally: Tally;
  /** A call starts; `undefined` when nobody wants to know more than its count. One watch may serve many calls at once. */
  start(host: Host): CallWatch | undefined;
  /** Something happened to a policy outside any call. */
  event(event: PipelineEvent): void;
  /** The observer of a keyed pipeline's copy. */
  fork(key: string): CallObserver;
  /** What tells of calls is loaded: see `telemetry/loading.ts`. */
  ready(): void;
  /** The pipeline was disposed of. */
  dispose(): void;
}

/** Watches one call, or each of many of which there is nothing to remember but what the engine does: when it started. */
export interface CallWatch {
  /** Whether it wants to hear of each attempt; it does hear of hedges. */
  readonly attempts: boolean;
  /** Whether user code is told of the call. */
  readonly hears: boolean;
  /** Runs the operation where it belongs: inside the call's own context. */
  operate(operation: Operation, attempt: Context): unknown;
  /** Runs something else there. */
  within<T>(run: () => T): T;
  /** Something happened in the call. */
  event(event: PipelineEvent): void;
  /** The call has waited to be let in by a policy, whatever came of it. */
  waited(policy: string, waitedMs: number): void;
  /** The call settled; it had started at `startedAt` of the pipeline's clock. */
  end(
    outcome: CallOutcome,
    attempts: number,
    error: unknown,
    startedAt: number,
    call: EndedCall,
  ): void;
}

/** What else may be asked of a call that settles. */
export interface EndedCall {
  readonly callId: number;
  /** Its result, where it ended in one. */
  readonly value: unknown;
}

/** What a policy says of itself when telemetry collects; see `PolicyBase.measure`. */
export interface PolicyMeasures {
  /** State of a circuit breaker. */
  readonly state?: 'closed' | 'open' | 'half_open' | 'isolated';
  /** How often a circuit breaker changed to each state; copies made by `fork` count in one account. */
  readonly transitions?: Readonly<Record<'closed' | 'open' | 'half_open' | 'isolated', number>>;
  /** Calls in a circuit breaker's window. */
  readonly calls?: number;
  /** Those of them that failed. */
  readonly failures?: number;
  /** Those of them that were slow; only where slowness is judged. */
  readonly slowCalls?: number;
  /** Calls inside. */
  readonly inFlight?: number;
  /** Calls that wait. */
  readonly queued?: number;
  /** How many calls may be inside. */
  readonly limit?: number;
  /** Whether a limit that moves is as low as it gets. */
  readonly atFloor?: boolean;
  /** Permits of a rate limiter that can be taken at once. */
  readonly available?: number;
  /** Retries that are allowed now. */
  readonly balance?: number;
  /** The probability with which a throttle refuses a call. */
  readonly rejectionProbability?: number;
  /** Calls in a throttle's window: what its probability weighs among those of its name. */
  readonly requests?: number;
}
