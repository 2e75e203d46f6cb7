import type { Attributes } from '@opentelemetry/api';
import type { CallObserver } from '../pipeline/reporting/observer.js';
import { Tally } from '../pipeline/reporting/tally.js';
import { AttributeSets } from './attribute-sets.js';
import { PipelineTelemetry } from './pipeline-telemetry.js';

const setsOf = /* @__PURE__ */ new WeakMap<CallObserver, AttributeSets>();

/** The observer of a keyed pipeline's copy: the template's, unless a function makes attributes from keys. Then there is one for each set of them. */
export function observerOf(template: CallObserver, key: string): CallObserver {
  const telemetry = template as PipelineTelemetry;
  const { attributes } = telemetry.options;
  if (typeof attributes !== 'function') return template;
  let sets = setsOf.get(template);
  if (sets === undefined) {
    sets = new AttributeSets(attributes);
    setsOf.set(template, sets);
  }
  const set = sets.of(key);
  let observer = telemetry.ofCopies.get(set);
  if (observer === undefined) {
    observer = observerWith(set, telemetry);
    telemetry.ofCopies.set(set, observer);
  }
  return observer;
}

function observerWith(
  set: Attributes,
  { pipeline, options, source, attributes }: PipelineTelemetry,
): PipelineTelemetry {
  const tally = new Tally();
  const all = { ...set, ...attributes };
  source.add(tally, all);
  return new PipelineTelemetry(pipeline, options, source, tally, all);
}
