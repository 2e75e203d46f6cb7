import type { TimeSource } from '../../time/time-source.js';
import type { Context, Operation } from '../contract/context.js';
import type { PipelineEvent } from '../contract/events.js';
import type { CallOutcome } from './kinds.js';
import type { Tally } from './tally.js';

/** What telemetry sees of a pipeline. */
export interface ObservedPipeline {
  readonly name: string;
  /** Which copy of a keyed pipeline this is. */
  readonly key: string | undefined;
  /** The key as errors and telemetry show it. */
  readonly publicKey: string | undefined;
  readonly time: TimeSource;
  /** Has policies report what happens in them outside any call. */
  subscribe(): void;
}

/**
 * Watches the calls of a pipeline. This is the engine's one seam to telemetry, of which it knows nothing else.
 *
 * Nothing here may throw: a call has nobody to tell.
 */
export interface CallObserver {
  /** Where the calls of the pipeline are counted. */
  readonly tally: Tally;
  /** A call starts; `undefined` when nobody wants to know more than its count. One watch may serve many calls at once. */
  start(pipeline: ObservedPipeline): CallWatch | undefined;
  /** Something happened to a policy outside any call. */
  event(event: PipelineEvent): void;
  /** The observer of a keyed pipeline's copy. */
  fork(key: string): CallObserver;
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
