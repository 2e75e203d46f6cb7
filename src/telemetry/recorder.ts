import type { Attributes, Context as TraceContext } from '@opentelemetry/api';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { Context, Operation } from '../pipeline/context.js';
import type { PipelineEvent } from '../pipeline/events.js';
import { reportFault } from '../pipeline/events.js';
import type { CallOutcome } from '../pipeline/host.js';
import type { CallWatch } from '../pipeline/observer.js';
import type { Tally } from '../pipeline/tally.js';
import type { TimeSource } from '../time/time-source.js';
import type { Meters } from './meters.js';
import { attribute } from './names.js';

/**
 * What the calls of a pipeline record at one meter provider. It is the watch of all calls of which nothing else is wanted:
 * such a call costs two readings of the clock and the record, and no object of its own.
 */
export class Recorder implements CallWatch {
  readonly attempts = false;
  readonly #meters: Meters;
  readonly #time: TimeSource;
  readonly #tally: Tally;
  readonly #attributes: Attributes;
  /** The attributes of durations; the same objects each time. */
  readonly #success: Attributes;
  readonly #others = new Map<string | undefined, Map<CallOutcome, Attributes>>();

  constructor(meters: Meters, time: TimeSource, tally: Tally, attributes: Attributes) {
    this.#meters = meters;
    this.#time = time;
    this.#tally = tally;
    this.#attributes = attributes;
    this.#success = { ...attributes, [attribute.outcome]: 'success' };
  }

  operate(operation: Operation, attempt: Context): unknown {
    return operation(attempt);
  }

  within<T>(run: () => T): T {
    return run();
  }

  event(event: PipelineEvent): void {
    if (event.type !== 'retry') return;
    try {
      this.delay(event.policy ?? '', event.delayMs, ROOT_CONTEXT);
    } catch (error) {
      reportFault('telemetry', error);
    }
  }

  end(outcome: CallOutcome, _attempts: number, error: unknown, startedAt: number): void {
    try {
      const durationMs = this.#time.now() - startedAt;
      const errorType = this.#tally.errorType(outcome, error);
      this.duration(durationMs, outcome, errorType, ROOT_CONTEXT);
    } catch (fault) {
      reportFault('telemetry', fault);
    }
  }

  /** Records how long a call took. May throw, as whatever is behind a meter provider may. */
  duration(
    durationMs: number,
    outcome: CallOutcome,
    errorType: string | undefined,
    context: TraceContext,
  ): void {
    const attributes = outcome === 'success' ? this.#success : this.#of(outcome, errorType);
    this.#meters.callDuration.record(durationMs / 1_000, attributes, context);
  }

  /** Records a delay before a retry. May throw. */
  delay(policy: string, delayMs: number, context: TraceContext): void {
    const attributes = { ...this.#attributes, [attribute.policy]: policy };
    this.#meters.retryDelay.record(delayMs / 1_000, attributes, context);
  }

  #of(outcome: CallOutcome, errorType: string | undefined): Attributes {
    let byOutcome = this.#others.get(errorType);
    if (byOutcome === undefined) {
      byOutcome = new Map();
      this.#others.set(errorType, byOutcome);
    }
    let attributes = byOutcome.get(outcome);
    if (attributes === undefined) {
      attributes = { ...this.#attributes, [attribute.outcome]: outcome };
      if (errorType !== undefined) attributes[attribute.errorType] = errorType;
      byOutcome.set(outcome, attributes);
    }
    return attributes;
  }
}
