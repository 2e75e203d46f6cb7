import { isOf, markOf } from '../copies.js';
import type { Policy } from '../pipeline/contract/policy.js';
import type { FailureRule } from '../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../pipeline/outcome/outcome.js';
import type { PipelineLayer } from '../pipeline/pipeline.js';
import { Pipeline } from '../pipeline/pipeline.js';
import type { Placed } from '../pipeline/plan.js';
import { AdaptiveLimiterPolicy } from './adaptive-limiter/adaptive-limiter.js';
import { CircuitBreakerPolicy } from './circuit-breaker/circuit-breaker.js';
import type { EjectionPolicy } from './ejection/ejection.js';
import type { Handle, Handles } from './filter.js';
import { handleBy } from './filter.js';
import { RetryPolicy } from './retry/retry.js';
import type { DelayFrom } from './retry-after.js';
import { ThrottlePolicy } from './throttle/throttle.js';

/** The rules of a protocol, for policies that have none of their own. */
export interface ClientRules {
  /** Which outcomes are tried again. `given` is what the policy, or the rule of its list, says. */
  retryHandle(given: Handle | undefined): Handle;
  /** Which outcomes are failures, for policies that count. */
  countingHandle(given: Handle | undefined): Handle;
  /** Which outcomes are signs of an overload. */
  isOverload(outcome: Outcome): boolean;
  readonly delayFrom: DelayFrom;
  /** Called with the outcome that is kept while a retry waits. */
  onKept(outcome: Outcome): void;
  /** The rule of the policies' list, beside what the client itself says. */
  ruleBeside(own: FailureRule | undefined): FailureRule | undefined;
}

/** The policies of a client's template. Those without rules of their own get the rules of the protocol. */
export function withClientRules(
  layers: readonly PipelineLayer[],
  rules: ClientRules,
): PipelineLayer[] {
  const { delayFrom } = rules;
  const isOverload: Handles = (outcome) => rules.isOverload(outcome);
  const onKept = (outcome: Outcome): void => rules.onKept(outcome);
  const withRules = (policy: Policy<unknown>, own: FailureRule | undefined): Policy<unknown> => {
    const rule = rules.ruleBeside(own);
    const orRule = (handle: Handle | undefined) => handle ?? (rule && handleBy(rule));
    const counting = (handle: Handle | undefined): Handle => rules.countingHandle(orRule(handle));
    const retrying = (handle: Handle | undefined): Handle => rules.retryHandle(orRule(handle));
    if (isOf(policy, RetryPolicy)) return policy.derive(retrying, delayFrom, onKept, rule);
    if (isOf(policy, CircuitBreakerPolicy)) return policy.derive(counting, delayFrom, rule);
    if (isOf(policy, AdaptiveLimiterPolicy)) return policy.derive(isOverload, rule);
    if (isOf(policy, ThrottlePolicy)) return policy.derive(counting);
    // Known by its mark, so that a client without it does not contain it.
    if (markOf(policy)?.kind === 'ejection') {
      return (policy as unknown as EjectionPolicy).derive(counting);
    }
    return policy;
  };
  const placed = layers.flatMap((layer): Pick<Placed, 'policy' | 'rule'>[] =>
    Pipeline.is(layer)
      ? [...layer.plan.layers]
      : // What is no policy is for the pipeline to refuse.
        [{ policy: layer, rule: layer?.failureRule }],
  );
  // As in any pipeline: policies that bring no rule along use the first one.
  const first = placed.find(({ rule }) => rule !== undefined)?.rule;
  return placed.map(({ policy, rule = first }) => withRules(policy, rule));
}
