import type { OutcomeKind } from '../outcome/outcome.js';

/** What `settle` returns. */
export function settledResult(
  kind: OutcomeKind,
  value: unknown,
  reason: unknown,
): PromiseSettledResult<unknown> {
  return kind === 'success' ? { status: 'fulfilled', value } : { status: 'rejected', reason };
}
