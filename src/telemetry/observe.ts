import type { ResolvedTelemetry } from '../pipeline/options/telemetry-options.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { AttributeSets } from './attribute-sets.js';
import { channels } from './channels.js';
import { PIPELINE } from './first-names.js';
import { PipelineTelemetry } from './pipeline-telemetry.js';
import { PipelineSource, register } from './sources.js';

/** The sets of attributes for the keys of a pipeline, if a function makes them. */
export function attributeSetsOf({ attributes }: ResolvedTelemetry): AttributeSets | undefined {
  return typeof attributes === 'function' ? new AttributeSets(attributes) : undefined;
}

/**
 * Joins a new pipeline and its telemetry.
 *
 * @param sets The sets that it shares with the pipelines of other keys.
 */
export function observe(
  pipeline: Pipeline<unknown>,
  options: ResolvedTelemetry,
  sets = attributeSetsOf(options),
): void {
  const { attributes: given } = options;
  const { key } = pipeline;
  const own = key === undefined ? undefined : sets?.of(key);
  const attributes = {
    ...(typeof given === 'object' ? given : own),
    [PIPELINE]: pipeline.name,
  };
  const source = new PipelineSource(pipeline, options.meterProvider, attributes);
  const { tally } = pipeline;
  const observer = new PipelineTelemetry(pipeline, options, source, tally, attributes, sets);
  pipeline.observer = observer;
  register(pipeline, source);
  // Somebody may move a breaker by hand before any call has looked who listens.
  if (channels().wantsTransitions) pipeline.subscribe();
}
