import { CONTRACT, shared } from '../../copies.js';
import { ConfigError } from '../../errors.js';
import type { Host } from '../call/host.js';
import type { PolicyBase } from '../contract/policy.js';
import { seam } from '../inherited.js';
import type { Plan } from '../plan.js';
import type { Lifetime } from './lifetime.js';

/** Starting over: functions that reset objects other than policies, shared by all copies of this package. */
const ways = /* @__PURE__ */ shared(
  `waysToStartOver.${CONTRACT}`,
  () => new WeakMap<object, () => void>(),
);

/** Registers how an object starts over: a client, for example, whose pipelines nobody else sees. */
export function startsOver(what: object, way: () => void): void {
  ways.set(what, way);
}

/** How a client starts over. */
export function wayOf(what: object): (() => void) | undefined {
  return ways.get(what);
}

/** A pipeline, of any copy of this package. */
interface Restarting extends Host {
  /** Its policies, if they are made. */
  readonly made: Plan | undefined;
  readonly lifetime: Lifetime;
  readonly common: { readonly copying: { sharedPlan(copy: Host): Plan | undefined } | undefined };
  entry: Plan | undefined;
  kept: unknown[] | undefined;
}

/**
 * A pipeline starts over. Calls in flight go on, and are no longer waited for by a drain.
 *
 * @throws ConfigError when a policy has state, and no way to start over.
 */
export function startPipelineOver(pipeline: Restarting): void {
  const { made, lifetime } = pipeline;
  const policies = made?.layers.map(({ policy }) => policy) ?? [];
  refuseStuck(policies);
  for (const policy of policies) policy.startOver?.();
  if (made !== undefined) seam.forget?.(made);
  lifetime.closing?.end();
  lifetime.closing = undefined;
  lifetime.unread?.reopen();
  pipeline.entry = made ?? pipeline.common.copying?.sharedPlan(pipeline);
  pipeline.kept = undefined;
}

/** @throws ConfigError when one has state, and no way to start over. */
export function refuseStuck(policies: readonly PolicyBase[]): void {
  const stuck = policies.find(
    ({ fork, startOver }) => fork !== undefined && startOver === undefined,
  );
  if (stuck !== undefined) {
    const { type } = stuck;
    throw new ConfigError(
      `startOver: the policy "${stuck.name ?? type}" has fork(), so it has state, and no startOver(); give it one, or make it anew for each test`,
      { path: 'startOver', policy: type },
    );
  }
}
