import { markOf } from '../copies.js';
import { ConfigError } from '../errors.js';
import type { PolicyBase } from '../pipeline/contract/policy.js';
import type { Pipeline } from '../pipeline/pipeline.js';

/**
 * For clients whose answers a chaos policy cannot make.
 *
 * @param why Why not.
 * @throws ConfigError when the pipeline has a chaos policy that injects results.
 */
export function refuseResults({ plan }: Pipeline<unknown>, path: string, why: string): void {
  const found = plan.layers.find(({ policy }) => injectsResults(policy));
  if (found === undefined) return;
  throw new ConfigError(
    `${path}.policies: chaos cannot inject results here, because ${why}; inject faults`,
    { path: `${path}.policies`, value: found.policy, policy: path },
  );
}

/** The part of a chaos policy's snapshot that is looked at. */
interface Rates {
  readonly rates: { readonly result?: number };
}

/** Asked without the class, which would be in the bundles of clients that use no chaos. */
function injectsResults(policy: PolicyBase): boolean {
  if (markOf(policy)?.kind !== 'chaos') return false;
  const snapshot = policy.snapshot?.() as Rates | undefined;
  return snapshot?.rates.result !== undefined;
}
