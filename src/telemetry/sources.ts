import type { Attributes, MeterProvider } from '@opentelemetry/api';
import type { PolicyMeasures } from '../pipeline/contract/measures.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { reportFault } from '../pipeline/reporting/faults.js';
import type { Tally } from '../pipeline/reporting/tally.js';
import type { Account, BreakerAccount } from './counters.js';
import { Counters } from './counters.js';
import { knownSeries } from './known-series.js';
import type { Point } from './series.js';

/** The numbers of one pipeline, or of a keyed one with all its copies. */
export interface Source {
  /** `undefined`: the global one, whichever that is. */
  readonly provider: MeterProvider | undefined;
  /** What it will count, as far as that is known. */
  known(): Iterable<Point>;
  /** Counts calls under other attributes too. */
  add(tally: Tally, attributes: Attributes): void;
  /** Its gauges are no longer to be read; its counters are, as long as it lives. */
  dispose(): void;
}

/**
 * One pipeline as collections see it. It must not keep the pipeline alive: a pipeline that nobody uses any more is
 * collected, and its counters are kept in {@link retired}.
 */
export class PipelineSource implements Source {
  readonly provider: MeterProvider | undefined;
  /** Its own, and those of copies with attributes of their own. */
  readonly #accounts: Account[] = [];
  readonly #pipeline: WeakRef<Pipeline<unknown>>;
  #breakers: readonly BreakerAccount[];
  #disposed = false;

  constructor(
    pipeline: Pipeline<unknown>,
    provider: MeterProvider | undefined,
    attributes: Attributes,
  ) {
    this.provider = provider;
    this.#pipeline = new WeakRef(pipeline);
    const now = pipeline.time.now();
    this.#breakers = pipeline.plan.layers.flatMap(({ name, policy }) => {
      const transitions = measured(() => policy.measure?.(now))?.transitions;
      const times = policy.stateTimes;
      return transitions === undefined ? [] : [{ policy: name, transitions, times }];
    });
    this.#accounts.push({ attributes, tally: pipeline.tally });
  }

  /** Adds all that has been counted until now. */
  addTo(counters: Counters): void {
    for (const account of this.#accounts) counters.add(account);
    const [own] = this.#accounts as [Account];
    const now = this.#now;
    for (const breaker of this.#breakers) counters.addBreaker(own.attributes, breaker, now);
  }

  known(): Iterable<Point> {
    const { pipeline } = this;
    // Copies with policies of their own may be many, and are counted with their template.
    if (pipeline === undefined || pipeline.key !== undefined) return [];
    const [own] = this.#accounts as [Account];
    return knownSeries(pipeline, own.attributes);
  }

  /** The pipeline whose gauges are to be read, while there is one. */
  get pipeline(): Pipeline<unknown> | undefined {
    return this.#disposed ? undefined : this.#pipeline.deref();
  }

  add(tally: Tally, attributes: Attributes): void {
    this.#accounts.push({ attributes, tally });
  }

  dispose(): void {
    const now = this.#now;
    this.#disposed = true;
    // Time goes on by itself, and is to end here.
    this.#breakers = this.#breakers.map(({ times, ...rest }) => {
      const spent = times?.(now);
      return { ...rest, times: spent && (() => spent) };
    });
  }

  /** Without a pipeline nobody knows its time; breakers know the latest that they were told. */
  get #now(): number {
    return this.pipeline?.time.now() ?? -Infinity;
  }
}

/** Asks a policy, which may be anybody's. */
export function measured(ask: () => PolicyMeasures | undefined): PolicyMeasures | undefined {
  try {
    return ask();
  } catch (error) {
    reportFault('a policy asked to measure itself', error);
    return undefined;
  }
}

const sources = new Set<PipelineSource>();

/** How many series of pipelines that are gone are kept for each provider; counts of others are added up. */
const MAX_RETIRED = 5_000;

/** What pipelines that are gone have counted, for each provider as long as it lives: counters must never go back. */
const retired = new WeakMap<MeterProvider, Counters>();
/** The same for those that reported to the global one. */
const retiredGlobally = new Counters(MAX_RETIRED);

const registry = new FinalizationRegistry<PipelineSource>((source) => {
  sources.delete(source);
  source.addTo(countersOf(source.provider));
});

function countersOf(provider: MeterProvider | undefined): Counters {
  if (provider === undefined) return retiredGlobally;
  let counters = retired.get(provider);
  if (counters === undefined) {
    counters = new Counters(MAX_RETIRED);
    retired.set(provider, counters);
  }
  return counters;
}

/** Has a pipeline collected from now on, until it is gone. */
export function register(pipeline: Pipeline<unknown>, source: PipelineSource): void {
  sources.add(source);
  registry.register(pipeline, source);
}

/** The living pipelines that report to `provider`; `undefined`: to the global one, whichever that is. */
export function sourcesOf(provider: MeterProvider | undefined): PipelineSource[] {
  return [...sources].filter((source) => source.provider === provider);
}

/** All that the pipelines that report there have counted, also those that are gone. */
export function countsOf(provider: MeterProvider | undefined): Counters {
  const counters = new Counters();
  const gone = provider === undefined ? retiredGlobally : retired.get(provider);
  if (gone !== undefined) counters.merge(gone);
  for (const source of sourcesOf(provider)) source.addTo(counters);
  return counters;
}
