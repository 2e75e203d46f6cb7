// Runs inside a project that installed the packed package and a version of the SDK: nothing here may know the repository.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { before, test } from 'node:test';
import { trace } from '@opentelemetry/api';
import { ConstantBackoff, pipeline, retry } from 'holdfast';

const listening = async (server) => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
};

/** The bodies that the exporter of traces sends, and what the upstream is sent. */
const traces = [];
const upstreamHeaders = [];
const collector = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  traces.push(JSON.parse(body));
  response.end('{}');
});
const upstream = createServer((request, response) => {
  upstreamHeaders.push(request.headers);
  response.end('3');
});

let upstreamPort;
before(async () => {
  const collectorPort = await listening(collector);
  upstreamPort = await listening(upstream);
  const free = createServer();
  const prometheusPort = await listening(free);
  free.close();
  await once(free, 'close');
  Object.assign(process.env, {
    PROMETHEUS_PORT: String(prometheusPort),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${collectorPort}/v1/traces`,
  });
  await import('./set-up.mjs');
});
async function until(what, reached) {
  const end = Date.now() + 30_000;
  while (Date.now() < end) {
    const found = await reached();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never came: ${what}`);
}

test('metrics on the page, traces at the collector, context in the request', async () => {
  const stock = pipeline('stock', retry({ backoff: new ConstantBackoff(1) }));
  await trace.getTracer('test').startActiveSpan('request', async (span) => {
    let calls = 0;
    await stock.execute(async () => {
      if (++calls === 1) throw new Error('once');
      return (await fetch(`http://127.0.0.1:${upstreamPort}/`)).text();
    });
    span.end();
  });
  const page = await until('the metrics', async () => {
    const url = `http://127.0.0.1:${process.env.PROMETHEUS_PORT}/metrics`;
    const text = await fetch(url).then(
      (response) => response.text(),
      () => '',
    );
    return text.includes('holdfast_calls_total') && text;
  });
  assert.match(page, /^holdfast_calls_total\{[^}]*holdfast_pipeline="stock"[^}]*\} 1\b/m);
  await trace.getTracerProvider().getDelegate().forceFlush();
  const spans = () =>
    traces.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    );
  const call = await until('the span of the call', () =>
    spans().find(({ name }) => name === 'holdfast stock'),
  );
  const client = await until('the span of the request', () =>
    spans().find(({ parentSpanId, kind }) => parentSpanId === call.spanId && kind === 3),
  );
  const resent = client.attributes.find(({ key }) => key === 'http.request.resend_count');
  assert.equal(Number(resent.value.intValue), 1);
  assert.match(upstreamHeaders[0].traceparent, new RegExp(`-${call.traceId}-${client.spanId}-`));
});
