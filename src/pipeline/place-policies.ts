import type { TimeSource } from '../time/time-source.js';
import { isSameTime } from '../time/time-source.js';
import type { Policy } from './contract/policy.js';
import type { Discard } from './options/hooks.js';
import { refuseMisfit } from './options/incompatible-copy.js';
import { misuse } from './options/misuse.js';
import { listedTwice, notAPolicy } from './options/wrong-arguments.js';
import type { FailureRule } from './outcome/failure-rule.js';
import type { Nested, Placed, Plan } from './plan.js';

/** The pipeline that gets the policies. */
interface PlacingHost {
  readonly name: string;
  readonly time: TimeSource;
  readonly discard: Discard | undefined;
}

/** A pipeline in the list of another one. */
export interface NestedPipeline extends PlacingHost, Nested {
  readonly plan: Plan;
}

/**
 * Makes one list of the policies of a pipeline: those of nested pipelines take the place of their pipeline.
 *
 * @param layerRules The rules of policies that come with one from elsewhere.
 * @throws ConfigError when something is no policy, is listed twice, or cannot work in this pipeline.
 */
export function placePolicies(
  policies: readonly unknown[],
  host: PlacingHost,
  isPipeline: (value: unknown) => value is NestedPipeline,
  layerRules?: readonly (FailureRule | undefined)[],
): Placed[] {
  const placed = policies.flatMap((layer, i): Placed[] => {
    if (isPipeline(layer)) {
      checkNested(layer, host, i);
      return layer.plan.layers.map(({ policy, within, rule }) => ({
        policy,
        within: [...within, layer],
        rule,
      }));
    }
    refuseMisfit(layer, `pipeline.policies[${i}]`);
    if (!isPolicy(layer)) throw notAPolicy(layer, i);
    return [{ policy: layer, within: [], rule: layerRules?.[i] ?? layer.failureRule }];
  });
  const seen = new Set<Policy<unknown>>();
  for (const { policy } of placed) {
    if (seen.has(policy)) throw listedTwice(policy);
    seen.add(policy);
  }
  return placed;
}

/** What may bring a rule along. */
export interface Bringing {
  readonly failureRule?: FailureRule | undefined;
}

/** The first rule that comes with one of these: with policies of `standard()`, or with a nested pipeline. */
export function ruleAmong(given: readonly (Bringing | undefined)[]): FailureRule | undefined {
  return given.find((each) => each?.failureRule !== undefined)?.failureRule;
}

/** A nested pipeline becomes layers of the outer one, whose clock and discard hook then serve them. */
function checkNested(nested: NestedPipeline, host: PlacingHost, i: number): void {
  let own: string | undefined;
  if (!isSameTime(nested.time, host.time)) own = 'clock';
  else if (nested.discard !== undefined && nested.discard !== host.discard) own = 'discard hook';
  if (own === undefined) return;
  const path = `pipeline.policies[${i}]`;
  throw misuse(
    path,
    `the nested pipeline "${nested.name}" has a ${own} of its own, which would not be used here; give "${host.name}" the same one`,
    nested,
  );
}

function isPolicy(value: unknown): value is Policy<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const policy = value as Record<string, unknown>;
    if (typeof policy['type'] !== 'string') return false;
    return policy['role'] === 'gate'
      ? typeof policy['enter'] === 'function' && typeof policy['exit'] === 'function'
      : policy['role'] === 'driver' && typeof policy['drive'] === 'function';
  } catch {
    // A proxy, or a getter that throws.
    return false;
  }
}
