import type { Span, Context as TraceContext } from '@opentelemetry/api';
import { context as contextApi, ROOT_CONTEXT, SpanStatusCode } from '@opentelemetry/api';
import { ResilienceError } from '../errors.js';
import type { Context, Operation } from '../pipeline/context.js';
import type { PipelineEvent } from '../pipeline/events.js';
import { reportFault } from '../pipeline/events.js';
import type { CallOutcome, Host } from '../pipeline/host.js';
import type { CallWatch } from '../pipeline/observer.js';
import type { Tally } from '../pipeline/tally.js';
import { withAttempt } from './attempt.js';
import type { Channels } from './channels.js';
import { attribute } from './names.js';
import type { Recorder } from './recorder.js';
import { addSpanEvent } from './span-events.js';

/** Watches one call that has a span, a context to be passed on, or a channel to be told: all that calls cannot share. */
export class Watch implements CallWatch {
  readonly attempts: boolean;
  readonly #host: Host;
  readonly #tally: Tally;
  /** Where durations go; `undefined` when nobody wants metrics. */
  readonly #recorder: Recorder | undefined;
  readonly #channels: Channels;
  /** Where the call runs; `undefined` when there is nothing to pass on. */
  readonly #context: TraceContext | undefined;
  readonly #span: Span | undefined;

  constructor(
    host: Host,
    tally: Tally,
    recorder: Recorder | undefined,
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
    this.attempts = channels.wantsAttempts;
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
      if (event.type === 'retry') {
        this.#recorder?.delay(event.policy ?? '', event.delayMs, this.#context ?? ROOT_CONTEXT);
      }
      if (this.#span !== undefined) addSpanEvent(this.#span, event);
      if (event.type === 'attempt') this.#channels.publish(event);
    } catch (error) {
      reportFault('telemetry', error);
    }
  }

  end(outcome: CallOutcome, attempts: number, error: unknown, startedAt: number): void {
    try {
      this.#end(outcome, attempts, error, this.#host.time.now() - startedAt);
    } catch (fault) {
      reportFault('telemetry', fault);
    }
  }

  #end(outcome: CallOutcome, attempts: number, error: unknown, durationMs: number): void {
    const errorType = this.#tally.errorType(outcome, error);
    this.#recorder?.duration(durationMs, outcome, errorType, this.#context ?? ROOT_CONTEXT);
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
