import type { Attributes, Span } from '@opentelemetry/api';
import { errorTypeOf } from '../pipeline/error-type.js';
import type { PipelineEvent } from '../pipeline/events.js';
import { attribute, spanEvent } from './names.js';

const errorType = (outcome: string, error: unknown): Attributes =>
  outcome === 'success' || error === undefined ? {} : { [attribute.errorType]: errorTypeOf(error) };

const seconds = (ms: number): number => ms / 1_000;

/** Adds what happened in a call to its span. */
export function addSpanEvent(span: Span, event: PipelineEvent): void {
  const policy: Attributes = event.policy === undefined ? {} : { [attribute.policy]: event.policy };
  switch (event.type) {
    case 'retry':
      span.addEvent(spanEvent.retry.name, {
        ...policy,
        [attribute.attempt]: event.attempt,
        [attribute.delay]: seconds(event.delayMs),
        [attribute.outcome]: event.outcome,
        ...errorType(event.outcome, event.error),
      });
      break;
    case 'retry_stopped':
      span.addEvent(spanEvent.retryStopped.name, {
        ...policy,
        [attribute.reason]: event.reason,
        ...(event.by === undefined ? {} : { [attribute.rejectedBy]: event.by }),
        [attribute.attempts]: event.attempts,
      });
      break;
    case 'attempt':
      if (event.kind !== 'hedge') break;
      span.addEvent(spanEvent.hedge.name, {
        [attribute.attempt]: event.attempt,
        [attribute.outcome]: event.outcome,
        ...errorType(event.outcome, event.error),
      });
      break;
    case 'timeout':
      span.addEvent(spanEvent.timeout.name, {
        ...policy,
        [attribute.delay]: seconds(event.timeoutMs),
      });
      break;
    case 'rejection':
      span.addEvent(spanEvent.rejection.name, {
        ...policy,
        [attribute.reason]: event.reason,
        [attribute.enforced]: event.enforced,
      });
      break;
    case 'transition':
      span.addEvent(spanEvent.transition.name, {
        ...policy,
        [attribute.previousState]: event.from,
        [attribute.state]: event.to,
        [attribute.reason]: event.reason,
        [attribute.enforced]: event.enforced,
      });
      break;
    case 'fallback':
      span.addEvent(spanEvent.fallback.name, {
        ...policy,
        [attribute.outcome]: event.outcome,
        ...errorType(event.outcome, event.error),
      });
      break;
    case 'queued':
      span.addEvent(spanEvent.queued.name, policy);
      break;
    default:
  }
}
