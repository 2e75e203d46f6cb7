import '../../../src/telemetry/index.js';
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import type { DataPoint, Histogram } from '@opentelemetry/sdk-metrics';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

export type Labels = Record<string, unknown>;

export interface Point {
  readonly labels: Labels;
  readonly value: number;
}

/** The real SDK's metrics, read by hand. */
export class Metrics {
  readonly provider: MeterProvider;
  readonly #reader: Reader;

  constructor(temporality = AggregationTemporality.CUMULATIVE) {
    this.#reader = new Reader({ aggregationTemporalitySelector: () => temporality });
    this.provider = new MeterProvider({ readers: [this.#reader] });
  }

  /** Makes it the global one, as an application's start-up does. */
  register(): this {
    metrics.disable();
    metrics.setGlobalMeterProvider(this.provider);
    return this;
  }

  async #collect() {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length > 0) throw errors[0];
    return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  }

  /** All metrics by name: kind, unit, and which attributes they have. */
  async shapes(): Promise<Map<string, { type: DataPointType; unit: string; labels: Set<string> }>> {
    const all = await this.#collect();
    return new Map(
      all.map(({ descriptor, dataPointType, dataPoints }) => [
        descriptor.name,
        {
          type: dataPointType,
          unit: descriptor.unit,
          labels: new Set(dataPoints.flatMap(({ attributes }) => Object.keys(attributes))),
        },
      ]),
    );
  }

  /**
   * The points of a metric whose labels include these; the labels asked for are left out. Those of a counter at which nothing was
   * counted yet are left out, too: see {@link Metrics.begun}.
   */
  async points(name: string, having: Labels = {}): Promise<Point[]> {
    const { found, points } = await this.#points(name, having);
    const counts = found?.dataPointType === DataPointType.SUM;
    return counts ? points.filter(({ value }) => value !== 0) : points;
  }

  /** As {@link Metrics.points}, with series that are at 0. */
  async begun(name: string, having: Labels = {}): Promise<Point[]> {
    return (await this.#points(name, having)).points;
  }

  async #points(name: string, having: Labels) {
    const found = (await this.#collect()).find(({ descriptor }) => descriptor.name === name);
    const points = (found?.dataPoints ?? [])
      .filter(({ attributes }) =>
        Object.entries(having).every(([key, value]) => attributes[key] === value),
      )
      .map(
        (point): Point => ({
          labels: Object.fromEntries(
            Object.entries(point.attributes).filter(([key]) => !(key in having)),
          ),
          value:
            found?.dataPointType === DataPointType.HISTOGRAM
              ? (point as DataPoint<Histogram>).value.count
              : (point.value as number),
        }),
      );
    return { found, points };
  }

  /** The sum of the points. */
  async sum(name: string, having: Labels = {}): Promise<number> {
    return (await this.points(name, having)).reduce((sum, { value }) => sum + value, 0);
  }

  async histogram(name: string, having: Labels = {}): Promise<Histogram[]> {
    const found = (await this.#collect()).find(({ descriptor }) => descriptor.name === name);
    return (found?.dataPoints ?? [])
      .filter(({ attributes }) =>
        Object.entries(having).every(([key, value]) => attributes[key] === value),
      )
      .map((point) => point.value as Histogram);
  }
}

/** The real SDK's traces, kept in memory. */
export class Traces {
  readonly exporter = new InMemorySpanExporter();
  readonly provider = new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(this.exporter)],
  });

  register(): this {
    this.provider.register();
    return this;
  }

  get spans(): ReadableSpan[] {
    return this.exporter.getFinishedSpans();
  }

  /** The spans whose names start so, in the order in which they ended. */
  named(prefix: string): ReadableSpan[] {
    return this.spans.filter(({ name }) => name.startsWith(prefix));
  }
}

/** Takes every SDK away again. */
export function unregister(): void {
  metrics.disable();
  trace.disable();
  context.disable();
  propagation.disable();
}
