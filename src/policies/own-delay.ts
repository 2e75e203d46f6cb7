import type { TimeoutErrorInit } from '../errors.js';
import type { Outcome } from '../pipeline/outcome/outcome.js';

/**
 * Whether a call timed out because this process was busy: its event loop was blocked for half of the time or more. That says nothing about the
 * upstream, so no policy counts it.
 */
export function isOwnDelay(outcome: Outcome): boolean {
  if (outcome.kind !== 'timeout') return false;
  const { blockedMs, timeoutMs } = Object(outcome.error) as TimeoutErrorInit;
  return 2 * (blockedMs as number) >= (timeoutMs as number);
}
