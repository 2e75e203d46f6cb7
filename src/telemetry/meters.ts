import type {
  Attributes,
  BatchObservableResult,
  Histogram,
  Meter,
  MeterProvider,
  Observable,
} from '@opentelemetry/api';
import { createNoopMeter, metrics } from '@opentelemetry/api';
import { reportFault } from '../pipeline/events.js';
import { Counters } from './counters.js';
import { WaitingDurations } from './durations.js';
import { Gauges } from './gauges.js';
import type { MetricId } from './names.js';
import { DURATION_BUCKETS, metric, SCOPE, VERSION } from './names.js';
import { retiredOf, sourcesOf } from './sources.js';

/**
 * The instruments at one meter provider. Counters and gauges are read when they are collected; only durations are
 * recorded by calls.
 */
export class Meters {
  readonly callDuration: Histogram;
  readonly retryDelay: Histogram;
  /** Durations that are recorded when they are collected, at the latest. */
  readonly waiting = new WaitingDurations();
  readonly #provider: MeterProvider;
  readonly #observables = new Map<MetricId, Observable>();
  /** The gauges of the last collection. */
  #shown = new Map<string, { readonly metric: MetricId; readonly attributes: Attributes }>();

  constructor(provider: MeterProvider, meter: Meter) {
    this.#provider = provider;
    this.callDuration = histogram(meter, 'callDuration');
    this.retryDelay = histogram(meter, 'retryDelay');
    for (const id of Object.keys(metric) as MetricId[]) {
      const { name, kind, unit, description } = metric[id];
      if (kind === 'counter') {
        this.#observables.set(id, meter.createObservableCounter(name, { unit, description }));
      } else if (kind === 'gauge') {
        this.#observables.set(id, meter.createObservableGauge(name, { unit, description }));
      }
    }
    meter.addBatchObservableCallback(
      (result) => this.#observe(result),
      [...this.#observables.values()],
    );
  }

  async #observe(result: BatchObservableResult): Promise<void> {
    try {
      this.waiting.record();
      const isGlobal = metrics.getMeterProvider() === this.#provider;
      const counters = new Counters();
      const gauges = new Gauges();
      for (const counts of retiredOf(this.#provider, isGlobal)) counters.merge(counts);
      for (const source of sourcesOf(this.#provider, isGlobal)) {
        for (const account of source.accounts) counters.add(account);
        const { pipeline } = source;
        if (pipeline !== undefined) await gauges.add(pipeline);
      }
      const report = (id: MetricId, value: number, attributes: Attributes): void =>
        result.observe(this.#observables.get(id) as Observable, value, attributes);
      for (const { metric, attributes, value } of counters.points()) {
        report(metric, value, attributes);
      }
      const shown = gauges.series();
      // An SDK with cumulative temporality repeats the last value of a gauge that is gone for ever: it ends with a 0.
      for (const [id, { metric, attributes }] of this.#shown) {
        if (!shown.has(id)) report(metric, 0, attributes);
      }
      this.#shown = new Map();
      for (const [id, { metric, attributes, value }] of shown.entries()) {
        report(metric, value, attributes);
        this.#shown.set(id, { metric, attributes });
      }
    } catch (error) {
      reportFault('telemetry', error);
    }
  }
}

function histogram(meter: Meter, id: 'callDuration' | 'retryDelay'): Histogram {
  const { name, unit, description } = metric[id];
  const advice = { explicitBucketBoundaries: DURATION_BUCKETS };
  return meter.createHistogram(name, { unit, description, advice });
}

const known = new WeakMap<MeterProvider, Meters>();

/** The instruments at a provider; `undefined` when nothing is behind it. */
export function metersOf(provider: MeterProvider): Meters | undefined {
  let meters = known.get(provider);
  if (meters !== undefined) return meters;
  const meter = provider.getMeter(SCOPE, VERSION);
  // What the API answers while no SDK is registered. Instruments made of it would stay mute for ever.
  if (meter === createNoopMeter()) return undefined;
  meters = new Meters(provider, meter);
  known.set(provider, meters);
  return meters;
}
