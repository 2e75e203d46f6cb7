import type { Attributes, MeterProvider } from '@opentelemetry/api';
import type { PolicyMeasures } from '../pipeline/contract/measures.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { reportFault } from '../pipeline/reporting/faults.js';
import type { Tally } from '../pipeline/reporting/tally.js';
import type { Account, PolicyAccount } from './counters.js';

/** The numbers of one pipeline, or of a keyed one with all its copies. */
export interface Source {
  /** `undefined` stands for the global one, whichever that is. */
  readonly provider: MeterProvider | undefined;
  /** The pipeline whose gauges are to be read, while there is one. */
  readonly pipeline: Pipeline<unknown> | undefined;
  /** The attributes of everything that it counts. */
  readonly attributes: Attributes;
  /** Counts calls under other attributes too. */
  add(tally: Tally, attributes: Attributes): void;
  /** From now on its gauges are not read any more. Its counters are read as long as it lives. */
  dispose(): void;
}

/**
 * One pipeline as collections see it. It must not keep the pipeline alive. When nobody uses the pipeline any more, that
 * is garbage-collected, and its counts are kept.
 */
export class PipelineSource implements Source {
  readonly provider: MeterProvider | undefined;
  /** Its own account, and those of copies with attributes of their own. */
  readonly accounts: Account[] = [];
  readonly #pipeline: WeakRef<Pipeline<unknown>>;
  /** The accounts of policies that keep counts themselves. */
  policies: readonly PolicyAccount[];
  #disposed = false;

  constructor(
    pipeline: Pipeline<unknown>,
    provider: MeterProvider | undefined,
    attributes: Attributes,
  ) {
    this.provider = provider;
    this.#pipeline = new WeakRef(pipeline);
    const now = pipeline.time.now();
    this.policies = pipeline.plan.layers.flatMap(({ name, policy }) => {
      const counts = measured(() => policy.measure?.(now));
      return counts === undefined ? [] : [{ policy: name, counts, times: policy.stateTimes }];
    });
    this.accounts.push({ attributes, tally: pipeline.tally });
  }

  get attributes(): Attributes {
    return (this.accounts as [Account])[0].attributes;
  }

  /** The pipeline whose gauges are to be read, while there is one. */
  get pipeline(): Pipeline<unknown> | undefined {
    return this.#disposed ? undefined : this.#pipeline.deref();
  }

  add(tally: Tally, attributes: Attributes): void {
    this.accounts.push({ attributes, tally });
  }

  dispose(): void {
    const now = this.now;
    this.#disposed = true;
    // Time would go on by itself. It has to end here.
    this.policies = this.policies.map(({ times, ...rest }) => {
      const spent = times?.(now);
      return { ...rest, times: spent && (() => spent) };
    });
  }

  /** Without the pipeline nobody knows its time. Breakers know the latest time that they were told. */
  get now(): number {
    return this.pipeline?.time.now() ?? -Infinity;
  }
}

/** Asks a policy to measure itself. Anybody may have written it, so it may throw. */
export function measured(ask: () => PolicyMeasures | undefined): PolicyMeasures | undefined {
  try {
    return ask();
  } catch (error) {
    reportFault('a policy asked to measure itself', error);
    return undefined;
  }
}

const sources = new Set<PipelineSource>();

/** Takes over the counts of a pipeline that is gone. */
type Heir = (source: PipelineSource) => void;

/** How many pipelines that are gone are remembered, in case telemetry is loaded later. */
const MAX_GONE = 5_000;

let gone: PipelineSource[] = [];
let heir: Heir = (source) => {
  if (gone.push(source) > MAX_GONE) gone.shift();
};

/** From now on `next` takes over the counts of pipelines that are gone, including those that went before. */
export function inheritBy(next: Heir): void {
  heir = next;
  for (const source of gone) next(source);
  gone = [];
}

const registry = /* @__PURE__ */ new FinalizationRegistry<PipelineSource>((source) => {
  sources.delete(source);
  heir(source);
});

/** From now on collections read a pipeline, until it is gone. */
export function register(pipeline: Pipeline<unknown>, source: PipelineSource): void {
  sources.add(source);
  registry.register(pipeline, source);
}

/** All living pipelines. */
export function livingSources(): readonly PipelineSource[] {
  return [...sources];
}
