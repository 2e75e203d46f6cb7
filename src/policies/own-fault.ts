import { shared } from '../copies.js';
import type { Outcome } from '../pipeline/outcome/outcome.js';

const ownFaults = /* @__PURE__ */ shared('ownFaults', () => new WeakSet<object>());

/** Notes that an error comes from the client's own code and not from the request. It says nothing about the upstream. */
export function markOwnFault(error: unknown): void {
  if (typeof error === 'object' && error !== null) ownFaults.add(error);
}

/** Whether an outcome says nothing about the upstream, so that no policy counts it. */
export function isOwnFault(outcome: Outcome): boolean {
  if (outcome.kind === 'success') return false;
  const { error } = outcome;
  return typeof error === 'object' && error !== null && ownFaults.has(error);
}
