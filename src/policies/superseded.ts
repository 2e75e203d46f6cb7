import { SUPERSEDED } from '../pipeline/call/drive.js';
import type { Outcome } from '../pipeline/outcome/outcome.js';

/** Whether a run was given up because another one was answered first, as with a hedge. It would have taken longer than it did. */
export function isSuperseded(outcome: Outcome): boolean {
  return outcome.kind === 'cancelled' && outcome.error === SUPERSEDED;
}
