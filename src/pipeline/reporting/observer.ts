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
 * Observes the calls of a pipeline. This is all that the engine knows about telemetry. No method may throw.
 */
export interface CallObserver {
  /** Where the calls of the pipeline are counted. */
  readonly tally: Tally;
  /** A call starts. Returns `undefined` if counting it is enough. One watch may serve many calls at once. */
  start(pipeline: ObservedPipeline): CallWatch | undefined;
  /** Something happened to a policy outside any call. */
  event(event: PipelineEvent): void;
  /** What tells of calls is loaded: see `telemetry/loading.ts`. */
  ready(): void;
  /** The pipeline was disposed of. */
  dispose(): void;
}

/** Watches one call, or many calls if it has to remember nothing about each. */
export interface CallWatch {
  /** Whether it wants the events of all attempts. It always gets those of hedges. */
  readonly attempts: boolean;
  /** Whether user code hears of the call. */
  readonly hears: boolean;
  /** Runs the operation inside the call's own trace context. */
  operate(operation: Operation, attempt: Context): unknown;
  /** Runs something else in that context. */
  within<T>(run: () => T): T;
  /** Something happened in the call. */
  event(event: PipelineEvent): void;
  /** The call has waited for a policy to let it in, successfully or not. */
  waited(policy: string, waitedMs: number): void;
  /** The call settled. It started at `startedAt`, in the milliseconds of the pipeline's clock. */
  end(
    outcome: CallOutcome,
    attempts: number,
    error: unknown,
    startedAt: number,
    call: EndedCall,
  ): void;
}

/** More about a call that settles. */
export interface EndedCall {
  readonly callId: number;
  /** Its result, if it has one. */
  readonly value: unknown;
}
