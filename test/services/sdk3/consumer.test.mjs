// Runs inside a project that installed the packed package and version 3 of the SDK: nothing here may know the repository.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { context, metrics, propagation, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  AggregationTemporality,
  createAllowListAttributesProcessor,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { ConstantBackoff, circuitBreaker, pipeline, retry, timeout } from 'holdfast';
import { requestHook } from 'holdfast/telemetry';

// Made before the SDK is registered.
const stock = pipeline(
  'stock',
  retry({ maxRetries: 2, backoff: new ConstantBackoff(1) }),
  circuitBreaker(),
  timeout(150),
);

class Reader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}
const reader = new Reader();
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

const exporter = new InMemorySpanExporter();
const tracing = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
trace.setGlobalTracerProvider(tracing);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const instrumentation = new UndiciInstrumentation({ requestHook });
instrumentation.setTracerProvider(tracing);

const script = [503, 'hang', 200];
const server = createServer((_request, response) => {
  const next = script.shift();
  if (next !== 'hang') response.writeHead(next).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/`;
after(() => {
  server.closeAllConnections();
  server.close();
});

async function points(name) {
  const { resourceMetrics } = await reader.collect();
  const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  return all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
}

test('a call that fails, hangs and then succeeds is one trace', async () => {
  const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
  const seen = [];
  await context.with(propagation.setBaggage(context.active(), baggage), () =>
    trace.getTracer('test').startActiveSpan('request', async (span) => {
      await stock.execute(async ({ signal }) => {
        seen.push(propagation.getActiveBaggage()?.getEntry('tenant')?.value);
        const response = await fetch(url, { signal });
        await response.arrayBuffer();
        if (response.status >= 500) throw new Error(`status ${response.status}`);
      });
      span.end();
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(seen, ['acme', 'acme', 'acme']);
  const spans = exporter.getFinishedSpans();
  const call = spans.find(({ name }) => name === 'holdfast stock');
  assert.equal(call.attributes['holdfast.outcome'], 'success');
  assert.equal(call.attributes['holdfast.attempts'], 3);
  assert.deepEqual(
    call.events.map(({ name }) => name),
    ['holdfast.retry', 'holdfast.timeout', 'holdfast.retry'],
  );
  const clients = spans.filter(({ kind }) => kind === SpanKind.CLIENT);
  assert.equal(clients.length, 3);
  for (const client of clients) {
    assert.equal(client.parentSpanContext.spanId, call.spanContext().spanId);
  }
  assert.deepEqual(
    clients.map(({ attributes }) => attributes['http.request.resend_count']).sort(),
    [1, 2, undefined],
  );
});

test('metrics arrive, of a pipeline made before the SDK was registered', async () => {
  // The others have begun at 0.
  const all = await points('holdfast.calls');
  const calls = all.find(({ value }) => value > 0);
  assert.ok(all.length > 1);
  assert.equal(calls.value, 1);
  assert.deepEqual(calls.attributes, {
    'holdfast.pipeline': 'stock',
    'holdfast.outcome': 'success',
    'holdfast.retried': true,
  });
  const [duration] = await points('holdfast.call.duration');
  assert.equal(duration.value.count, 1);
  assert.equal(duration.value.buckets.boundaries.length, 14);
  assert.equal((await points('holdfast.retry.delay'))[0].value.count, 2);
  const states = await points('holdfast.circuit_breaker.state');
  assert.deepEqual(
    states.filter(({ value }) => value === 1).map(({ attributes }) => attributes['holdfast.state']),
    ['closed'],
  );
});

test('counts that fall together under a view are added up, for each reader', async () => {
  const temporality = (of) => new Reader({ aggregationTemporalitySelector: () => of });
  const readers = [
    temporality(AggregationTemporality.CUMULATIVE),
    temporality(AggregationTemporality.DELTA),
  ];
  const views = [
    {
      instrumentName: 'holdfast.*',
      attributesProcessors: [createAllowListAttributesProcessor(['holdfast.pipeline'])],
    },
  ];
  const meterProvider = new MeterProvider({ readers, views });
  const made = pipeline({ name: 'prices', telemetry: { meterProvider } });
  const sums = () => Promise.all(readers.map((reader) => sumOf(reader, 'holdfast.calls')));
  for (let i = 0; i < 100; i++) await made.execute(() => i);
  for (let i = 0; i < 11; i++) await made.settle(() => Promise.reject(i % 2 ? i : new Error('x')));
  assert.deepEqual(await sums(), [[111], [111]]);
  for (let i = 0; i < 5; i++) await made.execute(() => i);
  assert.deepEqual(await sums(), [[116], [5]]);
});

async function sumOf(reader, name) {
  const { resourceMetrics } = await reader.collect();
  return resourceMetrics.scopeMetrics
    .flatMap((scope) => scope.metrics)
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value));
}
