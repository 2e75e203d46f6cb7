import { TimeoutError } from '../errors.js';
import { failLate } from '../pipeline/call/late-failure.js';
import { failure } from '../pipeline/outcome/outcome.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { formatDuration } from '../time/duration.js';
import { isGrpcFailure } from './verdict.js';

/** A stream that has begun: its policies took it for a success. */
export interface BegunStream {
  readonly pipeline: Pipeline<unknown>;
  /** When it began, in the clock's milliseconds. */
  readonly begunAt: number;
  readonly callId: number | undefined;
}

/** The error of a stream whose reader waits in vain. */
export function idleError(pipeline: Pipeline<unknown>, timeoutMs: number) {
  const { name, publicKey: key, label, time } = pipeline;
  const message = `${label}: timed out: no message came for ${formatDuration(timeoutMs)}`;
  const blockedMs = time.blockedSince(time.now() - timeoutMs);
  const init = { timeoutMs, blockedMs, pipeline: name, policy: 'idle_timeout', key };
  return new TimeoutError(message, init);
}

/** A stream that had begun failed. Counts and reports it, if it is a failure of the upstream. */
export function streamFailed({ pipeline, begunAt, callId }: BegunStream, error: unknown): void {
  if (!isGrpcFailure(failure(error))) return;
  failLate(pipeline, { error, succeededAt: begunAt, wasSuccess: true, callId });
}
