import type { Attributes, Context as TraceContext } from '@opentelemetry/api';
import { context as contextApi, ROOT_CONTEXT } from '@opentelemetry/api';
import type { Context, Operation } from '../pipeline/contract/context.js';
import type { PipelineEvent } from '../pipeline/contract/events.js';
import { reportFault } from '../pipeline/reporting/faults.js';
import type { CallOutcome } from '../pipeline/reporting/kinds.js';
import type { CallWatch } from '../pipeline/reporting/observer.js';
import type { Tally } from '../pipeline/reporting/tally.js';
import type { TimeSource } from '../time/time-source.js';
import { withAttempt } from './attempt.js';
import { Durations } from './durations.js';
import type { Meters } from './meters.js';
import { attribute } from './names.js';

/**
 * Records what the calls of a pipeline report at one meter provider. All calls that are made outside any context, and of which only metrics
 * are wanted, share it as their watch. Such a call costs two readings of the clock and its part of a record, and needs no object of its
 * own.
 */
export class Recorder implements CallWatch {
  readonly attempts = false;
  readonly hears = false;
  /** `undefined` when nobody wants metrics. Then it only passes on the attempt's number. */
  readonly #meters: Meters | undefined;
  readonly #time: TimeSource;
  readonly #tally: Tally;
  readonly #attributes: Attributes;
  /** For calls that succeeded. In good times a call looks for nothing else. */
  readonly #successes: Durations | undefined;
  readonly #waits = new Map<string, Durations>();
  readonly #others = new Map<string | undefined, Map<CallOutcome, Durations>>();

  constructor(meters: Meters | undefined, time: TimeSource, tally: Tally, attributes: Attributes) {
    this.#meters = meters;
    this.#time = time;
    this.#tally = tally;
    this.#attributes = attributes;
    this.#successes = meters && this.#newDurations(meters, 'success', undefined);
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

  waited(policy: string, waitedMs: number): void {
    this.#waitsFor(policy)?.add(waitedMs / 1_000);
  }

  /** Records how long a call waited, in a context of its own. */
  wait(policy: string, waitedMs: number, context: TraceContext): void {
    this.#waitsFor(policy)?.record(waitedMs / 1_000, context);
  }

  end(outcome: CallOutcome, _attempts: number, error: unknown, startedAt: number): void {
    this.#of(outcome, error)?.add((this.#time.now() - startedAt) / 1_000);
  }

  /** Records how long a call took that ends now, in a context of its own. */
  duration(outcome: CallOutcome, error: unknown, startedAt: number, context: TraceContext): void {
    this.#of(outcome, error)?.record((this.#time.now() - startedAt) / 1_000, context);
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

  /** The attributes that everything reported by these calls has in common. */
  get attributes(): Attributes {
    return this.#attributes;
  }

  /** Whether anybody wants metrics. */
  get records(): boolean {
    return this.#meters !== undefined;
  }

  #of(outcome: CallOutcome, error: unknown): Durations | undefined {
    if (outcome === 'success') return this.#successes;
    const meters = this.#meters;
    if (meters === undefined) return undefined;
    const errorType = this.#tally.errorType(outcome, error);
    let byOutcome = this.#others.get(errorType);
    if (byOutcome === undefined) {
      byOutcome = new Map();
      this.#others.set(errorType, byOutcome);
    }
    let durations = byOutcome.get(outcome);
    if (durations === undefined) {
      durations = this.#newDurations(meters, outcome, errorType);
      byOutcome.set(outcome, durations);
    }
    return durations;
  }

  #waitsFor(policy: string): Durations | undefined {
    const meters = this.#meters;
    if (meters === undefined) return undefined;
    let waits = this.#waits.get(policy);
    if (waits === undefined) {
      const attributes = { ...this.#attributes, [attribute.policy]: policy };
      waits = new Durations(meters.queueWait, attributes, meters.waiting);
      this.#waits.set(policy, waits);
    }
    return waits;
  }

  #newDurations(meters: Meters, outcome: CallOutcome, errorType: string | undefined): Durations {
    const attributes: Attributes = { ...this.#attributes, [attribute.outcome]: outcome };
    if (errorType !== undefined) attributes[attribute.errorType] = errorType;
    return new Durations(meters.callDuration, attributes, meters.waiting);
  }
}
