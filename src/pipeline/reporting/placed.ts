import type { EventBody, PipelineEvent } from '../contract/events.js';

type Place = Pick<PipelineEvent, 'pipeline' | 'key' | 'policy' | 'callId'>;

/** An event, and where it happened. */
export function placed(event: EventBody, where: Place): PipelineEvent {
  // In this order, since Node 20 takes 5 us for it with the event first.
  const full = { ...where, ...event };
  // A policy may pass on what it heard from another pipeline.
  return 'pipeline' in event ? Object.assign(full, where) : full;
}
