import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { metrics } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { metric, SCOPE, spanEvent, VERSION } from '../../src/telemetry/names.js';
import { everything } from './support/everything.js';
import { unregister } from './support/sdk.js';

/** What backends are sent, received as they would. */

interface Received {
  readonly path: string;
  readonly type: string;
  readonly body: unknown;
}

const received: Received[] = [];
const server = createServer(async (request, response) => {
  const { url = '', headers } = request;
  const body = JSON.parse(await textOf(request));
  received.push({ path: url, type: headers['content-type'] ?? '', body });
  response.writeHead(url.includes('zipkin') ? 202 : 200, { 'content-type': 'application/json' });
  response.end('{}');
});
let url = '';

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  received.length = 0;
});
afterEach(unregister);
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

interface Attribute {
  readonly key: string;
  readonly value: Record<string, unknown>;
}

it('OTLP over HTTP: metrics arrive under the names of the table', async () => {
  const exporter = new OTLPMetricExporter({ url: `${url}/v1/metrics` });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(provider);
  const kept = await everything('otlp');
  await provider.forceFlush();
  await provider.shutdown();
  expect(kept).toBeDefined();
  expect(received[0]).toMatchObject({ path: '/v1/metrics', type: 'application/json' });
  const body = received[0]?.body as {
    resourceMetrics: {
      scopeMetrics: {
        scope: { name: string; version: string };
        metrics: {
          name: string;
          unit: string;
          sum?: { isMonotonic: boolean };
          gauge?: object;
          histogram?: { dataPoints: { attributes: Attribute[]; explicitBounds: number[] }[] };
        }[];
      }[];
    }[];
  };
  const [scope] = body.resourceMetrics.flatMap((each) => each.scopeMetrics);
  expect(scope?.scope).toMatchObject({ name: SCOPE, version: VERSION });
  expect(
    scope?.metrics.map(({ name, unit, sum, gauge }) => [
      name,
      unit,
      sum === undefined ? (gauge === undefined ? 'histogram' : 'gauge') : 'counter',
    ]),
  ).toEqual(
    expect.arrayContaining(Object.values(metric).map(({ name, unit, kind }) => [name, unit, kind])),
  );
  const duration = scope?.metrics.find(({ name }) => name === metric.callDuration.name);
  const [point] = duration?.histogram?.dataPoints ?? [];
  expect(point?.attributes).toContainEqual({
    key: 'holdfast.pipeline',
    value: { stringValue: 'otlp' },
  });
  expect(point?.explicitBounds).toHaveLength(14);
});

it('OTLP over HTTP: spans arrive with their events, inside the trace', async () => {
  const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces` });
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  await everything('otlp');
  await provider.forceFlush();
  await provider.shutdown();
  interface OtlpSpan {
    readonly name: string;
    readonly kind: number;
    readonly traceId: string;
    readonly spanId: string;
    readonly parentSpanId?: string;
    readonly attributes: Attribute[];
    readonly events: { name: string }[];
  }
  const spans = received
    .filter(({ path }) => path === '/v1/traces')
    .flatMap(
      ({ body }) =>
        (body as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] }).resourceSpans,
    )
    .flatMap((each) => each.scopeSpans)
    .flatMap((each) => each.spans);
  const parent = spans.find(({ name }) => name === 'request');
  const calls = spans.filter(({ name }) => name === 'holdfast otlp');
  expect(calls).toHaveLength(9);
  for (const { traceId, parentSpanId, kind } of calls) {
    expect({ traceId, parentSpanId, kind }).toEqual({
      traceId: parent?.traceId,
      parentSpanId: parent?.spanId,
      kind: 1,
    });
  }
  const events = new Set(calls.flatMap((call) => call.events.map(({ name }) => name)));
  for (const { name } of Object.values(spanEvent)) expect(events).toContain(name);
});

it('Zipkin: spans arrive with their tags, and events as annotations', async () => {
  const exporter = new ZipkinExporter({ url: `${url}/zipkin/api/v2/spans`, serviceName: 'shop' });
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  await everything('zipkin');
  await provider.forceFlush();
  await provider.shutdown();
  interface ZipkinSpan {
    readonly name: string;
    readonly parentId?: string;
    readonly localEndpoint: { serviceName: string };
    readonly tags: Record<string, string>;
    readonly annotations?: { value: string }[];
  }
  const spans = received.flatMap(({ body }) => body as ZipkinSpan[]);
  const calls = spans.filter(({ name }) => name === 'holdfast zipkin');
  expect(calls).toHaveLength(9);
  const values = calls.flatMap(({ annotations }) => annotations?.map(({ value }) => value) ?? []);
  for (const { name } of Object.values(spanEvent)) {
    expect(
      values.some((value) => value.startsWith(name)),
      name,
    ).toBe(true);
  }
  expect(calls.find(({ tags }) => tags['error.type'] === 'TypeError')?.tags).toMatchObject({
    'holdfast.pipeline': 'zipkin',
    'holdfast.outcome': 'failure',
    'holdfast.attempts': '1',
  });
});
