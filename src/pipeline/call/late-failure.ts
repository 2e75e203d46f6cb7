import type { PipelineEvent } from '../contract/events.js';
import { failure } from '../outcome/outcome.js';
import { reportFault } from '../reporting/faults.js';
import type { Host } from './host.js';

/** A call that succeeded, and whose result failed later: the body of a response. */
export interface LateFailure {
  readonly error: unknown;
  /** When it had succeeded, in the clock's milliseconds. */
  readonly succeededAt: number;
  /** Whether the policies counted it as a success. */
  readonly wasSuccess: boolean;
  /** The number of the call, if anybody has asked for it. */
  readonly callId?: number | undefined;
}

/** Counts and reports that a response body failed, and tells the policies with `failedLate`. */
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
      // User code threw, and the call is over: report it.
      reportFault(`policy "${name}"`, fault);
    }
  }
}
