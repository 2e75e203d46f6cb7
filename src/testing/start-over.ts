import { describe } from '../config/describe.js';
import { markOf } from '../copies.js';
import { ConfigError } from '../errors.js';
import type { ClientState } from '../fetch/client/client.js';
import type { Policy, PolicyBase } from '../pipeline/contract/policy.js';
import { refuseStuck, startPipelineOver, wayOf } from '../pipeline/lifecycle/start-over.js';
import { refuseMisfit } from '../pipeline/options/incompatible-copy.js';
import { REGISTRY } from '../pipeline/options/joining.js';
import { Pipeline } from '../pipeline/pipeline.js';
import type { RetryBudget } from '../policies/retry-budget/index.js';
import type { Keyed } from '../registry/keyed.js';
import type { Registry } from '../registry/registry.js';

/** What {@link startOver} takes. `resilientFetch()`, `resilientRequest()` and `resilience()` make a `ClientState`. */
export type Restartable =
  | Pipeline<unknown>
  | Keyed<unknown>
  | ClientState
  | Registry
  | Policy<unknown>
  | RetryBudget;

/**
 * Resets everything, for tests that share it. Breakers are closed and have seen nothing, limiters and budgets are
 * full, slots are free, drained pipelines take calls again, and keys are dropped. It happens in place: a variable that holds a policy still holds
 * the one that calls go through. A policy in several pipelines starts over in all of them.
 *
 * Listeners and the counts of telemetry stay. Calls in flight go on. How they end changes nothing that has started
 * over. Calls that wait in a queue are let in. Timers and waits of calls in flight stay. With a registry, all its members start over, and stay members.
 *
 * @throws ConfigError when it is given anything else, or a user's own policy that has state and no `startOver()`.
 * @example
 * beforeEach(() => startOver(inventory, byTenant, resilientFetch));
 */
export function startOver(...all: readonly Restartable[]): void {
  const starts = all.flatMap(startsOf);
  for (const start of starts) start();
}

function startsOf(what: unknown): (() => void)[] {
  refuseMisfit(what, 'startOver');
  if (markOf(what)?.kind !== REGISTRY) return [startOf(what)];
  return [...(what as Registry)].map(({ of }) => startOf(of));
}

function startOf(what: unknown): () => void {
  if (Pipeline.is(what)) {
    refuseStuck(what.plan.layers.map(({ policy }) => policy));
    return () => startPipelineOver(what);
  }
  const way = wayOf(Object(what));
  if (way !== undefined) return way;
  if (isPolicy(what)) {
    refuseStuck([what]);
    return () => what.startOver?.();
  }
  // Keyed pipelines and budgets, of any copy of this package.
  if (canStartOver(what)) return () => what.startOver();
  throw new ConfigError(
    `startOver: takes pipelines, keyed pipelines, resilient fetches, requests and interceptors, registries, policies and retry budgets (got ${describe(what)})`,
    { path: 'startOver', value: what },
  );
}

/** Also true for a policy without state, which needs no reset. */
function isPolicy(value: unknown): value is PolicyBase {
  const { role, type } = Object(value) as { readonly role?: unknown; readonly type?: unknown };
  return (role === 'gate' || role === 'driver') && typeof type === 'string';
}

function canStartOver(value: unknown): value is { startOver(): void } {
  return typeof (value as { startOver?: unknown } | null)?.startOver === 'function';
}
