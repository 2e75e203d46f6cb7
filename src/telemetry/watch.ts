import type { Span, Context as TraceContext } from '@opentelemetry/api';
import { context as contextApi, ROOT_CONTEXT, SpanStatusCode } from '@opentelemetry/api';
import { ResilienceError } from '../errors.js';
import type { Host } from '../pipeline/call/host.js';
import type { Context, Operation } from '../pipeline/contract/context.js';
import type { PipelineEvent } from '../pipeline/contract/events.js';
import { FailedResult } from '../pipeline/reporting/error-type.js';
import { reportFault } from '../pipeline/reporting/faults.js';
import type { CallOutcome } from '../pipeline/reporting/kinds.js';
import type { CallWatch, EndedCall } from '../pipeline/reporting/observer.js';
import type { Tally } from '../pipeline/reporting/tally.js';
import { withAttempt } from './attempt.js';
import type { Channels } from './channels.js';
import { recordException } from './exceptions.js';
import { attribute } from './names.js';
import type { Recorder } from './recorder.js';
import { addSpanEvent } from './span-events.js';

/** Watches one call that needs a watch of its own, because it has a span, a context to pass on, or a channel to tell. */
export class Watch implements CallWatch {
  readonly attempts: boolean;
  readonly hears: boolean;
  readonly #host: Host;
  readonly #tally: Tally;
  /** Records the durations. */
  readonly #recorder: Recorder;
  readonly #channels: Channels;
  /** The context in which the call runs; `undefined` when there is nothing to pass on. */
  readonly #context: TraceContext | undefined;
  readonly #span: Span | undefined;

  constructor(
    host: Host,
    tally: Tally,
    recorder: Recorder,
    channels: Channels,
    context: TraceContext | undefined,
    span: Span | undefined,
  ) {
    this.#host = host;
    this.#tally = tally;
    this.#recorder = recorder;
    this.#channels = channels;
    this.#context = context;
    this.#span = span;
    this.attempts = channels.wants('attempt');
    this.hears = channels.active;
  }

  operate(operation: Operation, attempt: Context): unknown {
    const context = this.#context;
    const { attempt: number } = attempt;
    if (number > 1) {
      const numbered = withAttempt(context ?? ROOT_CONTEXT, number);
      return contextApi.with(numbered, operation, undefined, attempt);
    }
    if (context === undefined) return operation(attempt);
    if (contextApi.active() === context) return operation(attempt);
    return contextApi.with(context, operation, undefined, attempt);
  }

  within<T>(run: () => T): T {
    return this.#context === undefined ? run() : contextApi.with(this.#context, run);
  }

  event(event: PipelineEvent): void {
    if (event.type === 'retry') {
      this.#recorder.delay(event.policy, event.delayMs, this.#context ?? ROOT_CONTEXT);
    }
    try {
      if (this.#span !== undefined) addSpanEvent(this.#span, event);
      if (event.type === 'attempt') this.#channels.publish(event);
    } catch (error) {
      reportFault('telemetry', error);
    }
  }

  waited(policy: string, waitedMs: number): void {
    this.#recorder.wait(policy, waitedMs, this.#context ?? ROOT_CONTEXT);
  }

  end(
    outcome: CallOutcome,
    attempts: number,
    error: unknown,
    startedAt: number,
    call: EndedCall,
  ): void {
    this.#recorder.duration(outcome, error, startedAt, this.#context ?? ROOT_CONTEXT);
    if (this.#span !== undefined) {
      const errorType = this.#tally.errorType(outcome, error);
      endSpan(this.#span, outcome, attempts, error, errorType, this);
    }
    if (this.#channels.wants('call')) {
      this.within(() => this.#publish(outcome, attempts, error, startedAt, call));
    }
  }

  /** Records the error that the call ended with, unless it is one of holdfast's own. */
  exception(span: Span, error: Error, outcome: CallOutcome, errorType: string): void {
    const { publicKey } = this.#host;
    const key = publicKey === undefined ? {} : { [attribute.key]: publicKey };
    recordException(error, span, this.#context ?? ROOT_CONTEXT, {
      ...this.#recorder.attributes,
      ...key,
      [attribute.outcome]: outcome,
      [attribute.errorType]: errorType,
    });
  }

  #publish(
    outcome: CallOutcome,
    attempts: number,
    error: unknown,
    startedAt: number,
    { callId, value }: EndedCall,
  ): void {
    const { name: pipeline, key, time } = this.#host;
    const durationMs = time.now() - startedAt;
    const policy = undefined;
    const ended = error === undefined || error instanceof FailedResult ? {} : { error };
    const rest = { value, ...ended, pipeline, key, policy, callId };
    this.#channels.publish({ type: 'call', outcome, attempts, durationMs, ...rest });
  }
}

/** Ends a span. A broken tracer, or an error that cannot be read, may throw. Even then the span must end. */
function endSpan(
  span: Span,
  outcome: CallOutcome,
  attempts: number,
  error: unknown,
  errorType: string | undefined,
  watch: Watch,
): void {
  try {
    span.setAttribute(attribute.outcome, outcome);
    span.setAttribute(attribute.attempts, attempts);
    // The caller's own abort is no error. Nor is an error that a retry or a fallback made good.
    if (errorType !== undefined) span.setAttribute(attribute.errorType, errorType);
    if (errorType !== undefined && outcome !== 'cancelled') {
      recordError(span, error);
      if (error instanceof Error && !(error instanceof ResilienceError)) {
        watch.exception(span, error, outcome, errorType);
      }
    }
  } catch (fault) {
    reportFault('telemetry', fault);
  }
  try {
    span.end();
  } catch (fault) {
    reportFault('telemetry', fault);
  }
}

function recordError(span: Span, error: unknown): void {
  const code = SpanStatusCode.ERROR;
  // Set this before reading the error. A span must show that there was an error even if it cannot be read.
  span.setStatus({ code });
  if (error instanceof Error) span.setStatus({ code, message: error.message });
}
