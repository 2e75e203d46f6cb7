import type { TimeoutError } from '../errors.js';
import type { Outcome } from '../pipeline/outcome/outcome.js';

/**
 * Whether a call timed out because this process was busy: its event loop was blocked for half of the time or more. That says nothing about the
 * upstream, so no policy counts it.
 */
export function isOwnDelay(outcome: Outcome): boolean {
  if (outcome.kind !== 'timeout') return false;
  const error = outcome.error as Partial<TimeoutError> | undefined;
  return 2 * (error?.blockedMs as number) >= (error?.timeoutMs as number);
}
