import { pipelineOf } from '../create.js';
import { ConfigError } from '../errors.js';
import { failureRuleOf } from '../pipeline/outcome/failure-rule.js';
import type { Pipeline, PipelineLayer } from '../pipeline/pipeline.js';
import { withClientRules } from '../policies/client-rules.js';
import { refuseResults } from '../policies/refuse-results.js';
import { standard } from '../policies/standard.js';
import { rosterFor } from '../registry/join.js';
import type { Keyed } from '../registry/keyed.js';
import { keyedOf } from '../registry/keyed.js';
import type { ResolvedGrpc } from './options.js';
import {
  countingHandle,
  delayFrom,
  isGrpcFailure,
  isGrpcOverload,
  retryHandle,
  statusOf,
} from './verdict.js';

/**
 * The pipelines of an interceptor, one for each key.
 *
 * @throws ConfigError when a policy is wrong, cannot be copied, or is a fallback.
 */
export function grpcPipelines(options: ResolvedGrpc): Keyed<unknown> {
  const { name, clock, captureStack, telemetry, policies, path } = options;
  // What is taken or refused there shows before anything is made.
  rosterFor(options, path, name);
  const { layers, rules } = withClientRules(layersOf(policies), {
    retryHandle,
    countingHandle,
    isOverload: isGrpcOverload,
    delayFrom,
    onKept: () => {},
    rule: failureRuleOf(isGrpcFailure),
    ruleBeside: (own) => own,
  });
  const template = pipelineOf({ name, clock, captureStack, telemetry, statusOf, ...rules }, layers);
  refuseFallback(template, path);
  refuseResults(template, path, OWN_MESSAGES);
  return keyedOf<unknown, unknown>(template, options);
}

function layersOf(given: ResolvedGrpc['policies']): readonly PipelineLayer[] {
  if (given === undefined) return standard();
  if (Array.isArray(given)) return given;
  return 'execute' in given ? [given as Pipeline<unknown>] : standard(given as object);
}

const OWN_MESSAGES = 'each method has messages of its own';

/** A fallback knows one result, and the interceptor serves methods with different messages. */
function refuseFallback({ plan }: Pipeline<unknown>, path: string): void {
  const found = plan.layers.find(({ driver }) => driver?.type === 'fallback');
  if (found === undefined) return;
  throw new ConfigError(
    `${path}.policies: a fallback cannot answer here, because ${OWN_MESSAGES}; put it around the call, as in pipeline('stock', fallback(UNKNOWN)).execute(() => getStock(request))`,
    { path: `${path}.policies`, value: found.policy, policy: path },
  );
}
