import type { Priority } from '../pipeline/contract/call-traits.js';
import type { Clock } from '../time/clock.js';

/** What a caller gives to an operation. All else that it has, such as the context of a pipeline, is not read. */
export interface RunContext {
  readonly signal?: AbortSignal | undefined;
  /** Which server to ask: 0, 1, ... Default: the balancer picks one by chance. */
  readonly server?: number | undefined;
  /** How many milliseconds are left to the caller, for the server to know. Default: the server does not know. */
  readonly deadlineMs?: number | undefined;
}

/** What a call brings along. */
export interface CallerOptions {
  /** Aborts at the deadline. */
  readonly signal: AbortSignal;
  /** How important the call is, where the scenario has priorities. */
  readonly priority?: Priority;
  /** What the call costs of a quota, where the scenario has costs. */
  readonly cost?: number;
}

/**
 * Anything that can run a call: a pipeline, or a few lines around another library. It gets the caller's signal, which aborts at the
 * deadline.
 */
export interface Caller {
  execute(
    operation: (context?: RunContext) => Promise<unknown>,
    options: CallerOptions,
  ): PromiseLike<unknown>;
  /** Returns the snapshot of a pipeline. With it, the report has the states of breakers and limits. */
  snapshot?(): unknown;
  /** Only a {@link CockatielCaller} has this. */
  readonly onSuccess?: undefined;
}

/** A cockatiel policy. It takes the signal itself, where a pipeline takes options. */
export interface CockatielCaller {
  execute(
    operation: (context?: RunContext) => Promise<unknown>,
    signal: AbortSignal,
  ): PromiseLike<unknown>;
  readonly onSuccess: (...args: never[]) => unknown;
}

/** What an arm may want to know. */
export interface ArmSetup {
  /** Simulated time, for code that takes a clock. Other code finds it in the globals. */
  readonly clock: Clock;
  /** Repeatable random numbers. `Math.random` gives the same while a simulation runs. */
  readonly random: () => number;
  /** Which client it is for: 0, 1, ... */
  readonly client: number;
  /** How long a caller waits, in milliseconds. */
  readonly deadline: number;
  /** How many servers there are, for code that chooses among them. */
  readonly servers: number;
}

/** Makes the caller that a client makes its calls through. Called once for each client. */
export type Arm = (setup: ArmSetup) => Caller | CockatielCaller;
