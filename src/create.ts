import { Common } from './pipeline/common.js';
import type { PoliciesOf } from './pipeline/contract/snapshot.js';
import type { PipelineOptions, ResolvedPipeline } from './pipeline/options/pipeline-options.js';
import { resolvePipeline } from './pipeline/options/pipeline-options.js';
import type { AddsOf, PipelineLayer } from './pipeline/pipeline.js';
import { Pipeline } from './pipeline/pipeline.js';
import { callTime } from './policies/timeout/call-time.js';
import { join, rosterFor } from './registry/join.js';
import { observe } from './telemetry/observe.js';

/**
 * Makes a pipeline of policies, listed from the outside in.
 *
 * A pipeline is itself a policy, so pipelines nest. State belongs to the policy: the same breaker in two pipelines is one
 * breaker.
 *
 * @param options The name, or an object with it.
 * @throws ConfigError when an option or a policy is wrong.
 * @example
 * const inventory = pipeline('inventory', timeout('5s'), retry(), circuitBreaker());
 * const stock = await inventory.execute(({ signal }) => readStock(sku, { signal }));
 */
// The engine knows neither telemetry nor the timeout policy. They are joined here and nowhere else.
export function pipeline<L extends readonly PipelineLayer[]>(
  options: string | PipelineOptions,
  ...policies: L
): Pipeline<AddsOf<L[number]>, PoliciesOf<L[number]>> {
  const resolved = resolvePipeline(options);
  const roster = rosterFor(resolved, 'pipeline', resolved.name);
  const made = pipelineOf(resolved, policies);
  join(roster, made, resolved, { kind: 'pipeline', of: made, pipelines: () => [made] });
  return made;
}

/** Makes a pipeline from options that are already valid. */
export function pipelineOf<L extends readonly PipelineLayer[]>(
  resolved: ResolvedPipeline,
  policies: L,
): Pipeline<AddsOf<L[number]>, PoliciesOf<L[number]>> {
  const common = new Common(resolved, callTime);
  const made = Pipeline.of<AddsOf<L[number]>, PoliciesOf<L[number]>>(common, undefined, policies);
  if (resolved.telemetry !== false) observe(made, resolved.telemetry ?? { spans: 'auto' });
  return made;
}
