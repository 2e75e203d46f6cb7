import { isFit, markOf } from '../copies.js';
import type { Policy } from '../pipeline/contract/policy.js';
import type { ResolvedPipeline } from '../pipeline/options/pipeline-options.js';
import type { FailureRule, SureSuccess } from '../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../pipeline/outcome/outcome.js';
import type { PipelineLayer } from '../pipeline/pipeline.js';
import { Pipeline } from '../pipeline/pipeline.js';
import { ruleAmong } from '../pipeline/place-policies.js';
import type { Placed } from '../pipeline/plan.js';
import type { Handle, Handles } from './filter.js';
import { handleBy } from './filter.js';
import type { DelayFrom } from './retry-after.js';

/** The rules of a protocol, for policies that have none of their own. */
export interface ClientRules {
  /** Which outcomes are tried again. `given` is what the policy, or the rule of its list, says. */
  retryHandle(given: Handle | undefined): Handle;
  /** Which outcomes are failures, for policies that count. */
  countingHandle(given: Handle | undefined): Handle;
  /** Which outcomes are signs of an overload. */
  isOverload(outcome: Outcome): boolean;
  /** Which results all of these rules certainly take for successes. */
  readonly sureSuccess?: SureSuccess | undefined;
  readonly delayFrom: DelayFrom;
  /** Called with the outcome that is kept while a retry waits. */
  onKept(outcome: Outcome): void;
  /** The rule of the calls, if the policies bring none along. */
  readonly rule: FailureRule;
  /** The rule of the policies' list, beside what the client itself says. */
  ruleBeside(own: FailureRule): FailureRule;
}

/** What a policy without rules of its own gets. */
export interface PolicyRules {
  /** Its `handle` if it tries again: the given one, or that of the protocol. */
  retrying(given: Handle | undefined): Handle;
  /** Its `handle` if it counts failures. */
  counting(given: Handle | undefined): Handle;
  readonly isOverload: Handles;
  /** Which results are certainly successes for a policy with this `handle`. `undefined`: it has to be asked about each. */
  sureSuccess(given: Handle | undefined): SureSuccess | undefined;
  readonly delayFrom: DelayFrom;
  /** Called with the outcome that is kept while another attempt is made. */
  onKept(outcome: Outcome): void;
}

/** A policy of this package that takes such rules. The clients import none: a bundle has only those that it uses. */
interface Rulable {
  /** A policy with the same options, and these rules where the options have none. */
  withRules?(rules: PolicyRules): Policy<unknown>;
}

/** The policies of a client's template, and what its pipeline has to know of them. */
export interface ClientLayers {
  readonly layers: readonly PipelineLayer[];
  readonly rules: Pick<ResolvedPipeline, 'failureRule' | 'layerRules' | 'sureSuccess'>;
}

/** The policies of a client's template. Those without rules of their own get the rules of the protocol. */
export function withClientRules(given: readonly PipelineLayer[], rules: ClientRules): ClientLayers {
  const { delayFrom } = rules;
  const isOverload: Handles = (outcome) => rules.isOverload(outcome);
  const onKept = (outcome: Outcome): void => rules.onKept(outcome);
  const withRules = (policy: Policy<unknown>, own: FailureRule | undefined): Policy<unknown> => {
    const found = markOf(policy);
    if (found === undefined || !isFit(found)) return policy;
    const rule = own && rules.ruleBeside(own);
    const orRule = (handle: Handle | undefined) => handle ?? (rule && handleBy(rule));
    const counting = (handle: Handle | undefined): Handle => rules.countingHandle(orRule(handle));
    const retrying = (handle: Handle | undefined): Handle => rules.retryHandle(orRule(handle));
    const sureSuccess = (handle: Handle | undefined) =>
      orRule(handle) === undefined ? rules.sureSuccess : undefined;
    const its = { retrying, counting, isOverload, sureSuccess, delayFrom, onKept };
    return (policy as Rulable).withRules?.(its) ?? policy;
  };
  const placed = given.flatMap((layer): Pick<Placed, 'policy' | 'rule'>[] =>
    Pipeline.is(layer)
      ? [...layer.plan.layers]
      : // What is no policy is for the pipeline to refuse.
        [{ policy: layer, rule: layer?.failureRule }],
  );
  // As in any pipeline: policies that bring no rule along use the first one.
  const first = ruleAmong(given);
  return {
    // Calls of a client ask themselves what stands between them and the upstream.
    layers: placed.map(({ policy, rule = first }) => {
      const ruled = withRules(policy, rule);
      return ruled?.inClient?.() ?? ruled;
    }),
    rules: {
      layerRules: placed.map(({ rule }) => rule && rules.ruleBeside(rule)),
      failureRule: first === undefined ? rules.rule : rules.ruleBeside(first),
      // A rule that comes along has to be asked about each result.
      sureSuccess: first === undefined ? rules.sureSuccess : undefined,
    },
  };
}
