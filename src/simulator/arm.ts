import type { Clock } from '../time/clock.js';

/** What an operation is told by whoever runs it: only `signal` is read. */
export interface RunContext {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whatever can run a call: a pipeline, or a few lines around another library. It is given the caller's signal, which aborts at the
 * deadline.
 */
export interface Caller {
  execute(
    operation: (context?: RunContext) => Promise<unknown>,
    options: { readonly signal: AbortSignal },
  ): PromiseLike<unknown>;
  /** Where it is a pipeline's, the states of breakers and limits are in the report. */
  snapshot?(): unknown;
  /** What tells a {@link CockatielCaller}. */
  readonly onSuccess?: undefined;
}

/** A policy of cockatiel: it takes the signal itself, where a pipeline takes options. */
export interface CockatielCaller {
  execute(
    operation: (context?: RunContext) => Promise<unknown>,
    signal: AbortSignal,
  ): PromiseLike<unknown>;
  readonly onSuccess: (...args: never[]) => unknown;
}

/** What an arm may want to know. */
export interface ArmSetup {
  /** Simulated time, for what takes a clock. What takes none finds it in the globals. */
  readonly clock: Clock;
  /** Repeatable chance. `Math.random` is the same while a simulation runs. */
  readonly random: () => number;
  /** Which client it is for: 0, 1, ... */
  readonly client: number;
  /** How long a caller waits, in milliseconds. */
  readonly deadline: number;
}

/** Makes what one client calls through: asked once for each client. */
export type Arm = (setup: ArmSetup) => Caller | CockatielCaller;
