import type { Host } from '../call/host.js';
import type { Plan } from '../plan.js';
import { straightPathOf } from './straight-path.js';

/** The plan for calls of all copies of a keyed pipeline that have no policies of their own. */
export interface CompactPlan extends Plan {
  /** By layer: the place where the policy keeps its counts, if it has any. */
  readonly places: readonly (number | undefined)[];
  /** How many places there are. */
  readonly size: number;
}

/**
 * Makes the plan for copies that need nothing of their own as long as their calls are let in at once and succeed. `undefined` if one of
 * the policies needs more. All copies share it, as there may be a million of them.
 */
export function compactPlanOf(plan: Plan, host: Host): CompactPlan | undefined {
  // Copies that judge results get policies with their first call.
  if (!plan.mayBeStraight || host.sureSuccess !== undefined) return undefined;
  let size = 0;
  const places = plan.layers.map(({ policy }) =>
    policy.copies === undefined ? undefined : size++,
  );
  const path = straightPathOf(plan.layers, host, ({ policy }, place) => {
    const at = places[place.layer];
    if (at !== undefined) return policy.copies?.straight?.(place, at);
    // A policy that every copy shares.
    return policy.straight?.(place);
  });
  return path === undefined ? undefined : { ...plan, path, isCompact: true, places, size };
}
