import type { Span, Context as TraceContext } from '@opentelemetry/api';
import { context as contextApi, ROOT_CONTEXT, SpanStatusCode } from '@opentelemetry/api';
import { ResilienceError } from '../errors.js';
import type { Context, Operation } from '../pipeline/context.js';
import type { PipelineEvent } from '../pipeline/events.js';
import { reportFault } from '../pipeline/events.js';
import type { CallOutcome, Host } from '../pipeline/host.js';
import type { CallWatch } from '../pipeline/observer.js';
import { withAttempt } from './attempt.js';
import type { Channels } from './channels.js';
import type { Meters } from './meters.js';
import { attribute } from './names.js';
import type { PipelineTelemetry } from './pipeline-telemetry.js';
import { addSpanEvent } from './span-events.js';

/** Watches one call: measures how long it takes, and tells its span what happens. */
export class Watch implements CallWatch {
  readonly attempts: boolean;
  readonly #telemetry: PipelineTelemetry;
  readonly #host: Host;
  readonly #meters: Meters | undefined;
  readonly #channels: Channels;
  /** Where the call runs; `undefined` when there is nothing to pass on. */
  readonly #context: TraceContext | undefined;
  readonly #span: Span | undefined;
  readonly #startedAt: number;

  constructor(
    telemetry: PipelineTelemetry,
    host: Host,
    meters: Meters | undefined,
    channels: Channels,
    context: TraceContext | undefined,
    span: Span | undefined,
  ) {
    this.#telemetry = telemetry;
    this.#host = host;
    this.#meters = meters;
    this.#channels = channels;
    this.#context = context;
    this.#span = span;
    this.attempts = channels.wantsAttempts;
    this.#startedAt = host.time.now();
  }

  operate(operation: Operation, attempt: Context): unknown {
    const context = this.#context;
    if (context === undefined) return operation(attempt);
    const { attempt: number } = attempt;
    if (number > 1) {
      return contextApi.with(withAttempt(context, number), operation, undefined, attempt);
    }
    if (contextApi.active() === context) return operation(attempt);
    return contextApi.with(context, operation, undefined, attempt);
  }

  within<T>(run: () => T): T {
    return this.#context === undefined ? run() : contextApi.with(this.#context, run);
  }

  event(event: PipelineEvent): void {
    try {
      if (event.type === 'retry') this.#recordDelay(event.policy ?? '', event.delayMs);
      if (this.#span !== undefined) addSpanEvent(this.#span, event);
      if (event.type === 'attempt') this.#channels.publish(event);
    } catch (error) {
      reportFault('telemetry', error);
    }
  }

  end(outcome: CallOutcome, attempts: number, error: unknown): void {
    try {
      this.#end(outcome, attempts, error);
    } catch (fault) {
      reportFault('telemetry', fault);
    }
  }

  #end(outcome: CallOutcome, attempts: number, error: unknown): void {
    const durationMs = this.#host.time.now() - this.#startedAt;
    const errorType = this.#telemetry.tally.errorType(outcome, error);
    if (this.#meters !== undefined) {
      const attributes = this.#telemetry.durationAttributes(outcome, errorType);
      const context = this.#context ?? ROOT_CONTEXT;
      this.#meters.callDuration.record(durationMs / 1_000, attributes, context);
    }
    if (this.#span !== undefined) endSpan(this.#span, outcome, attempts, error, errorType);
    if (this.#channels.wantsCalls) {
      const { name: pipeline, key } = this.#host;
      const policy = undefined;
      const ended = error === undefined ? {} : { error };
      this.#channels.publish({
        type: 'call',
        outcome,
        attempts,
        durationMs,
        ...ended,
        pipeline,
        key,
        policy,
      });
    }
  }

  #recordDelay(policy: string, delayMs: number): void {
    if (this.#meters === undefined) return;
    const attributes = { ...this.#telemetry.attributes, [attribute.policy]: policy };
    this.#meters.retryDelay.record(delayMs / 1_000, attributes, this.#context);
  }
}

function endSpan(
  span: Span,
  outcome: CallOutcome,
  attempts: number,
  error: unknown,
  errorType: string | undefined,
): void {
  span.setAttribute(attribute.outcome, outcome);
  span.setAttribute(attribute.attempts, attempts);
  if (errorType !== undefined) span.setAttribute(attribute.errorType, errorType);
  // The caller's own abort is no error; one that a retry or a fallback made good is none either.
  if (errorType !== undefined && outcome !== 'cancelled') {
    const message = error instanceof Error ? error.message : '';
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    if (error instanceof Error && !(error instanceof ResilienceError)) span.recordException(error);
  }
  span.end();
}
