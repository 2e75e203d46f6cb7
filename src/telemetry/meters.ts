import type {
  Attributes,
  BatchObservableResult,
  Counter,
  Histogram,
  Meter,
  MeterProvider,
  Observable,
} from '@opentelemetry/api';
import { createNoopMeter, metrics, ROOT_CONTEXT } from '@opentelemetry/api';
import { reportFault } from '../pipeline/reporting/faults.js';
import { countsOf, sourcesOf } from './counts.js';
import { WaitingDurations } from './durations.js';
import { Gauges } from './gauges.js';
import { knownOf } from './known-series.js';
import { Ledger } from './ledger.js';
import type { MetricId } from './names.js';
import { DURATION_BUCKETS, metric, SCOPE, VERSION } from './names.js';
import type { Point } from './series.js';
import type { Source } from './sources.js';

/** The instruments at one meter provider. Counts and gauges are read when they are collected. Calls record only durations. */
export class Meters {
  readonly callDuration: Histogram;
  readonly retryDelay: Histogram;
  readonly queueWait: Histogram;
  /** Durations that wait to be recorded, at the latest when they are collected. */
  readonly waiting = new WaitingDurations();
  readonly #provider: MeterProvider;
  readonly #counters = new Map<MetricId, Counter>();
  readonly #gauges = new Map<MetricId, Observable>();
  /** What pipelines report that name this provider, and pipelines that report to the global one, while that is this provider. */
  readonly #own = new Ledger();
  readonly #global = new Ledger();
  /** The sources whose known series have begun here. */
  readonly #begun = new WeakSet<Source>();
  readonly #add = (point: Point, value: number): void => this.#addTo(point, value);
  /** The gauges of the last collection. */
  #shown = new Map<string, { readonly metric: MetricId; readonly attributes: Attributes }>();

  constructor(provider: MeterProvider, meter: Meter) {
    this.#provider = provider;
    this.callDuration = histogram(meter, 'callDuration');
    this.retryDelay = histogram(meter, 'retryDelay');
    this.queueWait = histogram(meter, 'queueWait');
    for (const id of Object.keys(metric) as MetricId[]) {
      const { name, kind, unit, description } = metric[id];
      if (kind === 'counter') {
        this.#counters.set(id, meter.createCounter(name, { unit, description }));
      } else if (kind === 'gauge') {
        this.#gauges.set(id, meter.createObservableGauge(name, { unit, description }));
      }
    }
    meter.addBatchObservableCallback((result) => this.#observe(result), [...this.#gauges.values()]);
  }

  /** Begins the series of a source. If the provider is known, this happens at once. Then they are as old as the pipeline. */
  begin(source: Source): void {
    if (this.#begun.has(source)) return;
    this.#begun.add(source);
    const ledger = source.provider === undefined ? this.#global : this.#own;
    for (const point of knownOf(source)) ledger.begin(point, this.#add);
  }

  async #observe(result: BatchObservableResult): Promise<void> {
    try {
      this.waiting.record();
      const isGlobal = metrics.getMeterProvider() === this.#provider;
      this.#settle(isGlobal);
      await this.#show(result, isGlobal);
    } catch (error) {
      reportFault('telemetry', error);
    }
  }

  /** What a callback adds to a counter is in the collection that called it. This waits for nothing, so collections do not mix. */
  #settle(isGlobal: boolean): void {
    this.#settleOf(this.#provider, this.#own);
    if (isGlobal) this.#settleOf(undefined, this.#global);
  }

  #settleOf(provider: MeterProvider | undefined, ledger: Ledger): void {
    for (const source of sourcesOf(provider)) this.begin(source);
    ledger.settle(countsOf(provider).series, this.#add);
  }

  #addTo({ metric, attributes }: Point, value: number): void {
    // Any code may be behind a meter provider, and it may throw.
    try {
      this.#counters.get(metric)?.add(value, attributes, ROOT_CONTEXT);
    } catch (fault) {
      reportFault('telemetry', fault);
    }
  }

  async #show(result: BatchObservableResult, isGlobal: boolean): Promise<void> {
    const gauges = new Gauges();
    const sources = sourcesOf(this.#provider);
    if (isGlobal) sources.push(...sourcesOf(undefined));
    for (const { pipeline } of sources) if (pipeline !== undefined) await gauges.add(pipeline);
    const report = ({ metric, attributes }: Omit<Point, 'value'>, value: number): void =>
      result.observe(this.#gauges.get(metric) as Observable, value, attributes);
    const shown = gauges.series();
    // An SDK with cumulative temporality repeats the last value of a gauge that is gone for ever. So the gauge ends with a 0.
    for (const [id, point] of this.#shown) if (!shown.has(id)) report(point, 0);
    this.#shown = new Map();
    for (const [id, point] of shown.entries()) {
      report(point, point.value);
      this.#shown.set(id, point);
    }
  }
}

function histogram(meter: Meter, id: 'callDuration' | 'retryDelay' | 'queueWait'): Histogram {
  const { name, unit, description } = metric[id];
  const advice = { explicitBucketBoundaries: DURATION_BUCKETS };
  return meter.createHistogram(name, { unit, description, advice });
}

const known = new WeakMap<MeterProvider, Meters>();

/** The instruments at a provider; `undefined` if no SDK is behind it. */
export function metersOf(provider: MeterProvider): Meters | undefined {
  let meters = known.get(provider);
  if (meters !== undefined) return meters;
  const meter = provider.getMeter(SCOPE, VERSION);
  // The API returns this meter while no SDK is registered. Instruments made from it would stay mute for ever.
  if (meter === createNoopMeter()) return undefined;
  meters = new Meters(provider, meter);
  known.set(provider, meters);
  return meters;
}
