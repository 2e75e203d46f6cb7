import type { Attributes, Context as TraceContext } from '@opentelemetry/api';
import { context as contextApi, ROOT_CONTEXT } from '@opentelemetry/api';
import type { Context, Operation } from '../pipeline/context.js';
import type { PipelineEvent } from '../pipeline/events.js';
import { reportFault } from '../pipeline/events.js';
import type { CallOutcome } from '../pipeline/host.js';
import type { CallWatch } from '../pipeline/observer.js';
import type { Tally } from '../pipeline/tally.js';
import type { TimeSource } from '../time/time-source.js';
import { withAttempt } from './attempt.js';
import type { Meters } from './meters.js';
import { attribute } from './names.js';

/**
 * What the calls of a pipeline record at one meter provider. It is the watch of all calls that are made outside of any context
 * and of which nothing else is wanted: such a call costs two readings of the clock and the record, and no object of its own.
 */
export class Recorder implements CallWatch {
  readonly attempts = false;
  /** `undefined` when nobody wants metrics: then it only passes the attempt's number on. */
  readonly #meters: Meters | undefined;
  readonly #time: TimeSource;
  readonly #tally: Tally;
  readonly #attributes: Attributes;
  /** The attributes of durations; the same objects each time. */
  readonly #success: Attributes;
  readonly #others = new Map<string | undefined, Map<CallOutcome, Attributes>>();

  constructor(meters: Meters | undefined, time: TimeSource, tally: Tally, attributes: Attributes) {
    this.#meters = meters;
    this.#time = time;
    this.#tally = tally;
    this.#attributes = attributes;
    this.#success = { ...attributes, [attribute.outcome]: 'success' };
  }

  operate(operation: Operation, attempt: Context): unknown {
    const { attempt: number } = attempt;
    if (number === 1) return operation(attempt);
    return contextApi.with(withAttempt(ROOT_CONTEXT, number), operation, undefined, attempt);
  }

  within<T>(run: () => T): T {
    return run();
  }

  event(event: PipelineEvent): void {
    if (event.type === 'retry') this.delay(event.policy, event.delayMs, ROOT_CONTEXT);
  }

  end(outcome: CallOutcome, _attempts: number, error: unknown, startedAt: number): void {
    this.duration(outcome, error, startedAt, ROOT_CONTEXT);
  }

  /** Records how long a call took that ends now. */
  duration(outcome: CallOutcome, error: unknown, startedAt: number, context: TraceContext): void {
    if (this.#meters === undefined) return;
    // Whatever is behind a meter provider may throw.
    try {
      const durationMs = this.#time.now() - startedAt;
      const attributes = outcome === 'success' ? this.#success : this.#of(outcome, error);
      this.#meters.callDuration.record(durationMs / 1_000, attributes, context);
    } catch (fault) {
      reportFault('telemetry', fault);
    }
  }

  /** Records a delay before a retry. */
  delay(policy: string | undefined, delayMs: number, context: TraceContext): void {
    if (this.#meters === undefined) return;
    try {
      const attributes = { ...this.#attributes, [attribute.policy]: policy ?? '' };
      this.#meters.retryDelay.record(delayMs / 1_000, attributes, context);
    } catch (fault) {
      reportFault('telemetry', fault);
    }
  }

  /** Whether anybody wants metrics. */
  get records(): boolean {
    return this.#meters !== undefined;
  }

  #of(outcome: CallOutcome, error: unknown): Attributes {
    const errorType = this.#tally.errorType(outcome, error);
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
