import type { Attributes } from '@opentelemetry/api';
import type { ResolvedTelemetry } from '../pipeline/options/telemetry-options.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { channels } from './channels.js';
import { PIPELINE } from './first-names.js';
import { PipelineTelemetry } from './pipeline-telemetry.js';
import { PipelineSource, register } from './sources.js';

/**
 * Joins a new pipeline and its telemetry.
 *
 * @param ofKey Attributes that a function makes from its key.
 */
export function observe(
  pipeline: Pipeline<unknown>,
  options: ResolvedTelemetry,
  ofKey?: Attributes,
): void {
  const { attributes: given } = options;
  const attributes = {
    ...(typeof given === 'object' ? given : ofKey),
    [PIPELINE]: pipeline.name,
  };
  const source = new PipelineSource(pipeline, options.meterProvider, attributes);
  const { tally } = pipeline;
  const observer = new PipelineTelemetry(pipeline, options, source, tally, attributes);
  pipeline.observer = observer;
  register(pipeline, source);
  // Somebody may move a breaker by hand before any call has looked who listens.
  if (channels().wants('transition')) pipeline.subscribe();
}
