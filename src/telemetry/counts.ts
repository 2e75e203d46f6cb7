import type { MeterProvider } from '@opentelemetry/api';
import { Counters } from './counters.js';
import type { PipelineSource } from './sources.js';
import { inheritBy, livingSources } from './sources.js';

/** How many series of pipelines that are gone are kept for each provider. Beyond that, their counts are added up. */
const MAX_RETIRED = 5_000;

/** What pipelines that are gone have counted, for each provider as long as it lives. Counters must never go back. */
const retired = new WeakMap<MeterProvider, Counters>();
/** The same for those that reported to the global one. */
const retiredGlobally = new Counters(MAX_RETIRED);

/** From now on, what pipelines that are gone have counted is kept here. */
export function keepCounts(): void {
  inheritBy((source) => countersOf(source.provider).addSource(source));
}

function countersOf(provider: MeterProvider | undefined): Counters {
  if (provider === undefined) return retiredGlobally;
  let counters = retired.get(provider);
  if (counters === undefined) {
    counters = new Counters(MAX_RETIRED);
    retired.set(provider, counters);
  }
  return counters;
}

/** The living pipelines that report to `provider`. `undefined` stands for the global one, whichever that is. */
export function sourcesOf(provider: MeterProvider | undefined): PipelineSource[] {
  return livingSources().filter((source) => source.provider === provider);
}

/** All counts of the pipelines that report to `provider`, including those that are gone. */
export function countsOf(provider: MeterProvider | undefined): Counters {
  const counters = new Counters();
  const gone = provider === undefined ? retiredGlobally : retired.get(provider);
  if (gone !== undefined) counters.merge(gone);
  for (const source of sourcesOf(provider)) counters.addSource(source);
  return counters;
}
