/**
 * How a copy of a keyed pipeline gets policies of its own. They are modelled on those of the template, and made when the copy needs them. Until then
 * the copy keeps what they would know: a value for each policy that counts (`CompactPlan.places`).
 */
import type { Host } from './call/host.js';
import type { Common } from './common.js';
import type { PolicyMeasures } from './contract/measures.js';
import type { Policy } from './contract/policy.js';
import type { Layer, Plan } from './plan.js';
import { planLike } from './plan.js';
import type { CompactPlan } from './straight/compact-plan.js';
import { compactPlanOf } from './straight/compact-plan.js';

/** What a copy keeps; `undefined` if nothing. */
type Kept = readonly unknown[] | undefined;

/** Whether one of the policies cannot be made later than the copy. */
export function isMadeAtOnce({ layers }: Plan): boolean {
  return layers.some(({ policy }) => policy.fork !== undefined && policy.copies === undefined);
}

/** The plan for calls of copies without policies of their own; `undefined` if there is none. Made for the first such copy, and then shared. */
export function sharedPlan(common: Common, copy: Host): CompactPlan | undefined {
  if (common.compact === undefined) common.compact = compactPlanOf(common.plan, copy) ?? null;
  return common.compact ?? undefined;
}

/** Room for what such a copy keeps. */
export function roomIn({ compact }: Common): unknown[] {
  // An array left to grow would take room for seventeen.
  return new Array((compact as CompactPlan).size).fill(undefined);
}

/** What such a copy keeps for the policy of a layer. */
function keptFor(layer: number, { compact }: Common, kept: Kept): unknown {
  return kept?.[compact?.places[layer] ?? -1];
}

/** There is a copy, whose policies are not made yet. */
export function beginLate({ layers }: Plan, nowMs: number): void {
  for (const { policy } of layers) policy.copies?.begin(nowMs);
}

/** That copy is needed no more, and its policies were not made. */
export function endLate({ layers }: Plan, nowMs: number): void {
  for (const { policy } of layers) policy.copies?.end(nowMs);
}

/**
 * Makes the policies of a copy, and the plan for its calls.
 *
 * @param retired Whether the copy is needed no more, and is called all the same.
 */
export function ownPlan(common: Common, kept: Kept, retired: boolean): Plan {
  return planLike(common.plan, (_, i) => ownPolicy(common, i, kept, retired));
}

/** Makes one policy of a copy. `undefined` if all copies share it. */
export function ownPolicy(
  common: Common,
  layer: number,
  kept: Kept,
  retired: boolean,
): Policy<unknown> | undefined {
  const { policy } = common.plan.layers[layer] as Layer;
  const { copies } = policy;
  const own =
    copies === undefined ? policy.fork?.() : copies.fork(retired, keptFor(layer, common, kept));
  // What it is bound to shows in its layer.
  common.bind(own ?? policy);
  return own;
}

/** What policies say of themselves to users, by name. */
export function statesOf(
  common: Common,
  layers: readonly Layer[],
  kept: Kept,
): Record<string, unknown> {
  // fromEntries defines properties: a policy may have any name, also one that assignment takes for something else.
  return Object.fromEntries(
    layers.flatMap(({ name, policy }, i) => {
      if (policy.snapshot === undefined) return [];
      // A policy that is made of what is kept, only to tell its state.
      const own = kept === undefined ? policy : ownPolicy(common, i, kept, true);
      return [[name, (own ?? policy).snapshot?.()]];
    }),
  );
}

/** What a policy of a copy says to telemetry before it is made. */
export function measureKept(
  common: Common,
  layer: number,
  kept: readonly unknown[],
  nowMs: number,
): PolicyMeasures | undefined {
  const { policy } = common.plan.layers[layer] as Layer;
  return policy.copies?.measure === undefined
    ? policy.measure?.(nowMs)
    : policy.copies.measure(keptFor(layer, common, kept), nowMs);
}
