import type { Outcome } from '../outcome/outcome.js';
import type { Call } from './call.js';
import type { Context } from './context.js';

/** One driver's hold on one call. */
export interface Drive {
  /** The call: for `attempts`, `deadline`, `time` and `emit`. Its `state` is for gates; drivers have local variables. */
  readonly call: Call;
  /** For what the driver itself runs, such as a fallback: its `signal` aborts when the call is given up. */
  readonly context: Context;
  /** `true` once the call was given up: start nothing and call nothing any more. */
  readonly ended: boolean;
  /** Runs the layers inside once more. Never rejects. `signal` gives this run up when it aborts. */
  next(options?: NextOptions): Promise<Outcome>;
  /** Waits; gives `false` at once when the call is given up meanwhile. */
  sleep(delayMs: number): Promise<boolean>;
  /** Gives a value that nobody will receive to the pipeline's `discard` hook. */
  discard(outcome: Outcome): void;
  /** Marks the call as answered by a fallback. */
  degraded(): void;
}

/** Options of {@link Drive.next}. */
export interface NextOptions {
  /** Gives the run up when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /**
   * @internal `signal` means that the time of the run is over. Running operations see their own signal abort, and end by themselves; no
   * further attempt or wait begins.
   */
  readonly cooperative?: boolean;
  /** How telemetry counts the attempt. Default `retry` after a first run, `first` otherwise. */
  readonly kind?: 'first' | 'retry' | 'hedge';
  /**
   * Called once, right before this run calls the operation for the first time, when every policy inside has let it in. Not
   * called if the run is refused or given up before. If it throws, the run ends with that error, without the operation.
   */
  readonly onStart?: (() => void) | undefined;
}
