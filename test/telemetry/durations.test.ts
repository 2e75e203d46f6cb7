import type { Context, Histogram, Meter, MeterProvider } from '@opentelemetry/api';
import { context, createNoopMeter, diag, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { DataPoint } from '@opentelemetry/sdk-metrics';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
  MeterProvider as SdkMeterProvider,
} from '@opentelemetry/sdk-metrics';
import { circuitBreaker, pipeline, retry, systemClock, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Metrics, Traces, unregister } from './support/sdk.js';

afterEach(() => {
  unregister();
  diag.disable();
});

const P = 'holdfast.pipeline';
const DURATION = 'holdfast.call.duration';
let names = 0;
const fresh = (): string => `d${++names}`;

interface Made {
  readonly seconds: number;
  readonly context: Context | undefined;
}

/** A provider that shows when records are made, and never collects. */
class Seen implements MeterProvider {
  readonly records: Made[] = [];
  record: Histogram['record'] = (seconds, _attributes, context) => {
    this.records.push({ seconds, context });
  };

  getMeter(): Meter {
    const histogram = {
      record: (...args: Parameters<Histogram['record']>) => this.record(...args),
    };
    return Object.assign(Object.create(createNoopMeter()) as Meter, {
      createHistogram: () => histogram,
    });
  }
}

describe('durations that are recorded in batches', () => {
  for (const calls of [1, 2, 64, 65, 66, 200]) {
    for (const [kind, temporality] of [
      ['cumulative', AggregationTemporality.CUMULATIVE],
      ['delta', AggregationTemporality.DELTA],
    ] as const) {
      it(`a collection finds all of ${calls}, and the next one all again (${kind})`, async () => {
        const sdk = new Metrics(temporality).register();
        const clock = new VirtualClock();
        const name = fresh();
        const made = pipeline({ name, clock }, retry(), timeout('10s'));
        for (let round = 1; round <= 2; round++) {
          for (let i = 1; i <= calls; i++) {
            await made.execute(() => clock.advance(i));
          }
          const [found] = await sdk.histogram(DURATION, { [P]: name });
          const rounds = temporality === AggregationTemporality.DELTA ? 1 : round;
          expect(found?.count).toBe(rounds * calls);
          expect(found?.sum).toBeCloseTo((rounds * (calls * (calls + 1))) / 2 / 1_000, 9);
          expect(found?.max).toBeCloseTo(calls / 1_000, 9);
        }
      });
    }
  }

  it('failures and refusals too, each with its attributes', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const made = pipeline(name, circuitBreaker({ consecutiveFailures: 70, failingFor: 0 }));
    const fail = () => Promise.reject(new RangeError('no'));
    for (let i = 0; i < 170; i++) await made.settle(fail);
    const points = await sdk.points(DURATION, { [P]: name });
    expect(points).toEqual([
      { labels: { 'holdfast.outcome': 'failure', 'error.type': 'RangeError' }, value: 20 },
      { labels: { 'holdfast.outcome': 'rejected', 'error.type': 'ERR_CIRCUIT_OPEN' }, value: 150 },
    ]);
  });

  it('shutting the SDK down loses none', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
    const provider = new SdkMeterProvider({ readers: [reader] });
    const made = pipeline({ name: fresh(), telemetry: { meterProvider: provider } }, retry());
    for (let i = 0; i < 10; i++) await made.execute(() => 1);
    await provider.forceFlush();
    for (let i = 0; i < 10; i++) await made.execute(() => 1);
    const shown = vi.spyOn(exporter, 'export');
    await provider.shutdown();
    const [last] = shown.mock.calls.at(-1) ?? [];
    const metrics = last?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
    const duration = metrics.find(({ descriptor }) => descriptor.name === DURATION);
    expect(duration?.dataPoints[0]?.value).toMatchObject({ count: 20 });
  });

  it('no point starts after it ends', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
    const provider = new SdkMeterProvider({ readers: [reader] });
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const made = pipeline({ name: fresh(), telemetry: { meterProvider: provider } }, retry());
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 5; i++) {
          await made.execute(() => 1);
          vi.setSystemTime(Date.now() + 1_000);
        }
        await provider.forceFlush();
      }
    } finally {
      vi.useRealTimers();
    }
    const points = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      .filter(({ descriptor }) => descriptor.name === DURATION)
      .flatMap(({ dataPoints }): readonly DataPoint<unknown>[] => dataPoints);
    const spans = points.map(({ startTime: [from], endTime: [to] }) => to - from);
    expect(spans).toEqual([5, 5, 5]);
    await provider.shutdown();
  });

  it('a pipeline that was disposed of leaves none behind', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const made = pipeline(name, retry());
    for (let i = 0; i < 10; i++) await made.execute(() => 1);
    made.dispose();
    expect(await sdk.sum(DURATION, { [P]: name })).toBe(10);
  });

  it('a pipeline that is gone leaves none behind', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const gone = await (async () => {
      const made = pipeline(name, retry());
      for (let i = 0; i < 10; i++) await made.execute(() => 1);
      return new WeakRef(made);
    })();
    // The engine's pool keeps the pipeline of its last call.
    await pipeline({ name: 'other', telemetry: false }).execute(() => 1);
    for (let i = 0; i < 20 && gone.deref() !== undefined; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc?.();
    }
    expect(gone.deref() === undefined).toBe(true);
    expect(await sdk.sum(DURATION, { [P]: name })).toBe(10);
  });

  it('each provider gets those of its own time', async () => {
    const first = new Metrics().register();
    const name = fresh();
    const made = pipeline(name, retry());
    for (let i = 0; i < 10; i++) await made.execute(() => 1);
    const second = new Metrics().register();
    for (let i = 0; i < 7; i++) await made.execute(() => 1);
    expect(await first.sum(DURATION, { [P]: name })).toBe(10);
    expect(await second.sum(DURATION, { [P]: name })).toBe(7);
  });

  it('where nothing is collected, no more than a batch waits', async () => {
    const seen = new Seen();
    const made = pipeline({ name: fresh(), telemetry: { meterProvider: seen } }, retry());
    const counts: number[] = [];
    for (let i = 1; i <= 130; i++) {
      await made.execute(() => 1);
      if (i === 1 || i === 64 || i === 65 || i === 129) counts.push(seen.records.length);
    }
    expect(counts).toEqual([1, 1, 65, 129]);
    expect(seen.records.every((record) => record.context === ROOT_CONTEXT)).toBe(true);
  });

  it('where nothing is collected, no more than a thousand pipelines wait', async () => {
    const seen = new Seen();
    const telemetry = { meterProvider: seen };
    for (let i = 0; i < 1_003; i++) {
      const made = pipeline({ name: fresh(), telemetry }, retry());
      await made.execute(() => 1);
      await made.execute(() => 1);
    }
    // The first of each at once; the second of a thousand when there was one more, and of these nothing waits any longer.
    expect(seen.records.length).toBe(1_003 + 1_000);
  });

  it('a call in a context is recorded at once, in that context', async () => {
    new Traces().register();
    const seen = new Seen();
    const made = pipeline({ name: fresh(), telemetry: { meterProvider: seen } }, retry());
    const inside = trace.setSpan(context.active(), trace.getTracer('test').startSpan('request'));
    for (let i = 1; i <= 3; i++) {
      await context.with(inside, () => made.execute(() => 1));
      expect(seen.records.length).toBe(i);
    }
    const spans = seen.records.map((record) => trace.getSpan(record.context ?? ROOT_CONTEXT));
    expect(spans.every((span) => span !== undefined)).toBe(true);
  });

  it('G4: a provider that throws is told of, and the batch goes on', async () => {
    const told: string[] = [];
    diag.setLogger({
      error: (message) => told.push(message),
      warn() {},
      info() {},
      debug() {},
      verbose() {},
    });
    const seen = new Seen();
    const { record } = seen;
    let asked = 0;
    seen.record = (...args) => {
      if (++asked % 2 === 0) throw new Error('broken');
      record(...args);
    };
    const made = pipeline({ name: fresh(), telemetry: { meterProvider: seen } }, retry());
    for (let i = 0; i < 65; i++) await made.execute(() => 1);
    expect(asked).toBe(65);
    expect(seen.records.length).toBe(33);
    expect(told.length).toBe(32);
  });

  it('G11: a provider whose records make calls of the same pipeline loses none', async () => {
    const seen = new Seen();
    const { record } = seen;
    const clock = { ...systemClock, time: 0, now: () => clock.time };
    const made = pipeline({ name: fresh(), clock, telemetry: { meterProvider: seen } });
    const call = (seconds: number) =>
      made.execute(() => {
        clock.time += 1_000 * seconds;
      });
    let more = false;
    seen.record = (...args) => {
      record(...args);
      if (!more) return;
      more = false;
      for (let i = 0; i < 30; i++) void call(3);
    };
    for (let i = 0; i < 64; i++) await call(1);
    more = true;
    await call(1);
    for (let i = 0; i < 34; i++) await call(5);
    const of = (seconds: number) => seen.records.filter((each) => each.seconds === seconds).length;
    expect([of(1), of(3), of(5)]).toEqual([65, 30, 34]);
  });
});
