import type { Attributes, Span } from '@opentelemetry/api';
import type { PipelineEvent, Told } from '../pipeline/contract/events.js';
import { errorTypeOf } from '../pipeline/reporting/error-type.js';
import { attribute, spanEvent } from './names.js';

/** Attributes that say how something ended. As in HTTP's convention, the error type of a failed response is its status. */
export function endedAs({ outcome, status, error }: Partial<Told>): Attributes {
  const attributes: Attributes = {};
  if (status !== undefined) attributes[attribute.statusCode] = status;
  if (outcome === 'success' || outcome === 'ignored') return attributes;
  if (error !== undefined) attributes[attribute.errorType] = errorTypeOf(error);
  else if (status !== undefined && status >= 400) attributes[attribute.errorType] = String(status);
  return attributes;
}

function priorityOf({ priority }: { readonly priority?: string | undefined }): Attributes {
  return priority === undefined ? {} : { [attribute.priority]: priority };
}

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
        ...endedAs(event),
      });
      break;
    case 'retry_stopped':
      span.addEvent(spanEvent.retryStopped.name, {
        ...policy,
        [attribute.reason]: event.reason,
        ...(event.by === undefined ? {} : { [attribute.rejectedBy]: event.by }),
        [attribute.attempts]: event.attempts,
        ...(event.status === undefined ? {} : { [attribute.statusCode]: event.status }),
      });
      break;
    case 'attempt':
      if (event.kind !== 'hedge') break;
      span.addEvent(spanEvent.hedge.name, {
        [attribute.attempt]: event.attempt,
        [attribute.outcome]: event.outcome,
        ...endedAs(event),
      });
      break;
    case 'hedge_stopped':
      span.addEvent(spanEvent.hedgeStopped.name, {
        ...policy,
        [attribute.reason]: event.reason,
        ...(event.by === undefined ? {} : { [attribute.rejectedBy]: event.by }),
        [attribute.attempts]: event.attempts,
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
        ...priorityOf(event),
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
        ...endedAs(event),
      });
      break;
    case 'chaos':
      span.addEvent(spanEvent.chaos.name, {
        ...policy,
        [attribute.injection]: event.injection,
        ...(event.delayMs === undefined ? {} : { [attribute.delay]: seconds(event.delayMs) }),
        ...(event.injection === 'fault' ? { [attribute.errorType]: errorTypeOf(event.error) } : {}),
      });
      break;
    case 'queued':
      span.addEvent(spanEvent.queued.name, { ...policy, ...priorityOf(event) });
      break;
    default:
  }
}
