import type { Context, Operation } from '../pipeline/contract/context.js';
import type { PipelineEvent } from '../pipeline/contract/events.js';
import { allWithin } from '../pipeline/lifecycle/drain.js';
import { reportFault } from '../pipeline/reporting/faults.js';
import type { CallOutcome } from '../pipeline/reporting/kinds.js';
import type { CallWatch, EndedCall } from '../pipeline/reporting/observer.js';
import type { Clock } from '../time/clock.js';

/** The longest time that a call waits for the reporting to load, which may have to come over a network. */
export const LONGEST_HOLD_MS = 1_000;

/**
 * A call that started while the reporting was loading. Its operation waits for that. So it runs within the call's span, and the call can be
 * reported when it ends. Anything that happens meanwhile, such as a refusal, is reported afterwards.
 */
export class HeldCall implements CallWatch {
  readonly attempts = true;
  readonly hears = true;
  readonly #ready: Promise<void>;
  readonly #clock: Clock;
  #isReady = false;
  #watch: CallWatch | undefined;
  #untold: ((watch: CallWatch) => void)[] = [];

  /** @param begin Begins to watch the call, in the context in which the call was made. */
  constructor(loading: Promise<void>, clock: Clock, begin: () => CallWatch | undefined) {
    this.#clock = clock;
    this.#ready = loading.then(() => {
      try {
        this.#watch = begin();
      } catch (error) {
        reportFault('telemetry', error);
      }
      this.#isReady = true;
      for (const tell of this.#untold) if (this.#watch !== undefined) tell(this.#watch);
      this.#untold = [];
    });
  }

  operate(operation: Operation, attempt: Context): unknown {
    if (!this.#isReady) return this.#operateLater(operation, attempt);
    return this.#watch === undefined ? operation(attempt) : this.#watch.operate(operation, attempt);
  }

  async #operateLater(operation: Operation, attempt: Context): Promise<unknown> {
    // Whatever is loaded by then, half of the call's time is left to the operation.
    const holdMs = Math.min(attempt.timeLeft / 2, LONGEST_HOLD_MS);
    await allWithin([this.#ready], holdMs, this.#clock);
    // The call may have been given up meanwhile.
    attempt.signal.throwIfAborted();
    return this.#watch === undefined ? operation(attempt) : this.#watch.operate(operation, attempt);
  }

  within<T>(run: () => T): T {
    return this.#watch === undefined ? run() : this.#watch.within(run);
  }

  event(event: PipelineEvent): void {
    this.#tell((watch) => watch.event(event));
  }

  waited(policy: string, waitedMs: number): void {
    this.#tell((watch) => watch.waited(policy, waitedMs));
  }

  end(
    outcome: CallOutcome,
    attempts: number,
    error: unknown,
    startedAt: number,
    { callId, value }: EndedCall,
  ): void {
    // Copy it: it may be reported only after the engine has let go of the call.
    const call = { callId, value };
    this.#tell((watch) => watch.end(outcome, attempts, error, startedAt, call));
  }

  #tell(tell: (watch: CallWatch) => void): void {
    if (!this.#isReady) this.#untold.push(tell);
    else if (this.#watch !== undefined) tell(this.#watch);
  }
}
