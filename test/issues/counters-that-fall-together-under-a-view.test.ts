import type { DataPoint, IMetricReader, ViewOptions } from '@opentelemetry/sdk-metrics';
import {
  AggregationTemporality,
  createAllowListAttributesProcessor,
  InstrumentType,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import { circuitBreaker, keyed, pipeline } from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import { Metrics, unregister } from '../telemetry/support/sdk.js';

/**
 * SDKs overwrite observable counters that fall together once a view has dropped attributes, where they should add: of 111 calls, one
 * was left, and with delta temporality none of the next ones.
 */

afterEach(unregister);

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}

  async sum(name: string): Promise<number[]> {
    const { resourceMetrics } = await this.collect();
    return resourceMetrics.scopeMetrics
      .flatMap((scope) => scope.metrics)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value as number));
  }
}

const { CUMULATIVE, DELTA } = AggregationTemporality;
const reader = (temporality: AggregationTemporality) =>
  new Reader({ aggregationTemporalitySelector: () => temporality });

const keeping = (...attributes: string[]): ViewOptions => ({
  instrumentName: 'holdfast.*',
  attributesProcessors: [createAllowListAttributesProcessor(attributes)],
});

const sdkOf = (views: ViewOptions[], ...readers: IMetricReader[]) => ({
  meterProvider: new MeterProvider({ readers, views }),
});

const fails = (error: unknown) => Promise.reject(error);
const CALLS = 'holdfast.calls';

const cases: readonly [string, ViewOptions][] = [
  ['all attributes', keeping()],
  ['all but the pipeline', keeping('holdfast.pipeline')],
];

for (const [what, view] of cases) {
  it(`counts are added up when a view drops ${what}`, async () => {
    const cumulative = reader(CUMULATIVE);
    const delta = reader(DELTA);
    const telemetry = sdkOf([view], cumulative, delta);
    const breaker = circuitBreaker({ consecutiveFailures: 7, minimumCalls: 1_000, failingFor: 0 });
    const made = pipeline({ name: 'stock', telemetry }, breaker);
    for (let i = 0; i < 100; i++) await made.execute(() => 1);
    for (let i = 0; i < 10; i++) await made.settle(() => fails(new TypeError('down')));
    await made.settle(() => fails(new RangeError('out')));
    expect(await cumulative.sum(CALLS)).toEqual([111]);
    expect(await delta.sum(CALLS)).toEqual([111]);
    for (let i = 0; i < 5; i++) await made.settle(() => 1);
    expect(await delta.sum(CALLS)).toEqual([5]);
    expect(await cumulative.sum(CALLS)).toEqual([116]);
    expect(await cumulative.sum('holdfast.rejections')).toEqual([9]);
    expect(await cumulative.sum('holdfast.circuit_breaker.transitions')).toEqual([1]);
  });
}

it('readers of one provider that collect at different times, and at once, each get every count', async () => {
  const often = reader(DELTA);
  const seldom = reader(DELTA);
  const cumulative = reader(CUMULATIVE);
  const telemetry = sdkOf([keeping()], often, seldom, cumulative);
  const byKey = keyed(pipeline({ name: 'stock', telemetry }));
  const call = async (times: number) => {
    for (let i = 0; i < times; i++) await byKey.settle(`k${i}`, () => (i % 2 ? fails(i) : i));
  };
  await call(10);
  expect(await often.sum(CALLS)).toEqual([10]);
  await call(20);
  expect(await often.sum(CALLS)).toEqual([20]);
  await call(30);
  const all = await Promise.all([often, seldom, cumulative].map((each) => each.sum(CALLS)));
  expect(all).toEqual([[30], [60], [60]]);
});

it('a provider that comes later gets all counts, the first one none twice', async () => {
  const [first, second] = [reader(CUMULATIVE), reader(CUMULATIVE)];
  const made = pipeline('stock later');
  const provider = (of: Reader) =>
    Object.assign(new Metrics(), {
      provider: new MeterProvider({ readers: [of], views: [keeping('holdfast.pipeline')] }),
    });
  const at = async (of: Reader) => {
    const { resourceMetrics } = await of.collect();
    return resourceMetrics.scopeMetrics
      .flatMap((scope) => scope.metrics)
      .filter(({ descriptor }) => descriptor.name === CALLS)
      .flatMap(({ dataPoints }) => dataPoints as DataPoint<number>[])
      .filter(({ attributes }) => attributes['holdfast.pipeline'] === 'stock later')
      .map(({ value }) => value);
  };
  const one = provider(first).register();
  await made.settle(() => fails(1));
  await made.settle(() => 1);
  expect(await at(first)).toEqual([2]);
  provider(second).register();
  await made.settle(() => 1);
  expect(await at(second)).toEqual([3]);
  expect(await at(first)).toEqual([2]);
  one.register();
  await made.settle(() => 1);
  expect(await at(first)).toEqual([4]);
});

it('a pipeline that is gone before a collection leaves its counts behind', async () => {
  const cumulative = reader(CUMULATIVE);
  const telemetry = sdkOf([keeping('holdfast.pipeline')], cumulative);
  const gone = await (async () => {
    const made = pipeline({ name: 'short', telemetry });
    await made.settle(() => 1);
    await made.settle(() => fails(1));
    return new WeakRef(made);
  })();
  // The engine's pool keeps the pipeline of its last call.
  await pipeline({ name: 'other', telemetry: false }).execute(() => 1);
  for (let i = 0; i < 50 && gone.deref() !== undefined; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  expect(gone.deref() === undefined).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await cumulative.sum(CALLS)).toEqual([2]);
  expect(await cumulative.sum(CALLS)).toEqual([2]);
});

it('with more pipelines than are kept apart, gone and new, the sum is that of all calls', async () => {
  const { Ledger } = await import('../../src/telemetry/ledger.js');
  const { Series } = await import('../../src/telemetry/series.js');
  const ledger = new Ledger();
  const told: Record<string, number> = {};
  const settle = (living: Record<string, number>, gone: Record<string, number>) => {
    const kept = new Series(2);
    for (const [name, value] of Object.entries(gone)) kept.add('calls', { name }, value);
    const now = new Series();
    for (const { metric, attributes, value } of kept.points()) now.add(metric, attributes, value);
    for (const [name, value] of Object.entries(living)) now.add('calls', { name }, value);
    ledger.settle(now, ({ attributes }, value) => {
      const name = String(attributes['name'] ?? 'overflow');
      told[name] = (told[name] ?? 0) + value;
    });
  };
  settle({ a: 5, b: 6, c: 7 }, {});
  // One is gone with a call that nobody was told of.
  settle({ a: 5, b: 6 }, { c: 8 });
  settle({ d: 1 }, { c: 8, a: 5, b: 7 });
  // A new pipeline has the name of one whose counts are in the overflow by now.
  settle({ d: 1, b: 3 }, { c: 8, a: 5, b: 7 });
  settle({ b: 4 }, { c: 8, a: 5, b: 7, d: 2 });
  settle({ b: 4 }, { c: 8, a: 5, b: 7, d: 2 });
  const sum = Object.values(told).reduce((all, each) => all + each, 0);
  expect([sum, told]).toEqual([26, { a: 5, b: 10, c: 8, d: 1, overflow: 2 }]);
});

it('a histogram is kept as it is', async () => {
  const cumulative = reader(CUMULATIVE);
  const telemetry = sdkOf(
    [{ ...keeping('holdfast.outcome'), instrumentType: InstrumentType.HISTOGRAM }],
    cumulative,
  );
  const made = pipeline({ name: 'stock', telemetry });
  for (let i = 0; i < 3; i++) await made.settle(() => i);
  const values = (await cumulative.sum('holdfast.call.duration')) as unknown as { count: number }[];
  expect(values.map(({ count }) => count)).toEqual([3]);
});
