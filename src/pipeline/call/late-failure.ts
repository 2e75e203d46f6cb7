import type { PipelineEvent } from '../contract/events.js';
import { failure } from '../outcome/outcome.js';
import { reportFault } from '../reporting/faults.js';
import type { Host } from './host.js';

/** A call that had succeeded, and then failed in what it had brought. */
export interface LateFailure {
  readonly error: unknown;
  /** When it had succeeded, in the clock's milliseconds. */
  readonly succeededAt: number;
  /** Whether the policies had taken it for a success. */
  readonly wasSuccess: boolean;
  /** The call's number, if anybody has asked for it. */
  readonly callId?: number | undefined;
}

/** Counts and reports that the body of an answer failed, and tells the policies that want to know. */
export function failLate(
  host: Host,
  { error, succeededAt, wasSuccess, callId }: LateFailure,
): void {
  host.tally.call('body_failure', false, error);
  if (host.hub.active) {
    const { name: pipeline, key } = host;
    const durationMs = host.time.now() - succeededAt;
    const where = { pipeline, key, policy: undefined, callId };
    const event = { type: 'body_failure', error, durationMs, ...where };
    host.hub.emit(event as PipelineEvent);
  }
  if (!wasSuccess) return;
  const outcome = failure(error);
  for (const { name, policy } of host.plan.layers) {
    try {
      policy.failedLate?.(outcome, succeededAt, callId);
    } catch (fault) {
      // A user's function, and a call that has nobody left to tell.
      reportFault(`policy "${name}"`, fault);
    }
  }
}
