import { reportFault } from '../pipeline/events.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { ResolvedTelemetry } from '../pipeline/telemetry-options.js';
import { AttributeSets } from './attribute-sets.js';
import { attribute } from './names.js';
import { PipelineTelemetry } from './pipeline-telemetry.js';
import { PipelineSource, register } from './sources.js';

/** Joins a new pipeline and its telemetry. */
export function observe(pipeline: Pipeline<unknown>, options: ResolvedTelemetry): void {
  const given = options.attributes;
  const sets = typeof given === 'function' ? new AttributeSets(given) : undefined;
  const attributes = {
    ...(typeof given === 'object' ? given : {}),
    [attribute.pipeline]: pipeline.name,
  };
  const source = new PipelineSource(pipeline, options.meterProvider, attributes);
  const { name, tally, time } = pipeline;
  const observer = new PipelineTelemetry(name, time, options, source, tally, attributes, sets);
  pipeline.observer = observer;
  register(pipeline, source);
  // Gauges show up without a first call, where an SDK is there already.
  try {
    observer.meters();
  } catch (error) {
    reportFault('telemetry', error);
  }
}
