/**
 * A service as an operator has it: pipelines around calls to an upstream, OpenTelemetry's SDK, and a page for Prometheus to
 * scrape. Started by prometheus.test.js, which tells it `trouble` or `calm`.
 */
import { createServer } from 'node:http';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  adaptiveLimiter,
  bulkhead,
  ConstantBackoff,
  chaos,
  circuitBreaker,
  ejection,
  fallback,
  keyed,
  pipeline,
  rateLimiter,
  retry,
  throttle,
  timeout,
} from 'holdfast';
import { flakyUpstream } from 'holdfast/testing';

// Made before the SDK is registered, as happens in a service whose modules make their pipelines when they are loaded.
const stock = pipeline(
  'stock',
  timeout('5s'),
  circuitBreaker({
    consecutiveFailures: 5,
    failureRate: 0.5,
    minimumCalls: 10,
    openFor: '500ms',
    maxOpenFor: '1s',
  }),
);
const prices = pipeline(
  'prices',
  fallback('unknown'),
  rateLimiter({ limit: 1_000 }),
  adaptiveLimiter(),
  throttle({ dryRun: true }),
);
const reports = pipeline('reports', bulkhead({ maxConcurrent: 4, maxQueued: 1_000 }));
const offers = pipeline('offers', throttle({ window: '3s', minimumCalls: 10 }));
const search = pipeline(
  'search',
  adaptiveLimiter({ algorithm: 'aimd', minLimit: 1, initialLimit: 2, maxLimit: 4 }),
  timeout('300ms'),
);
const orders = pipeline(
  'orders',
  fallback(null),
  retry({
    maxRetries: 2,
    backoff: new ConstantBackoff(1),
    budget: { ratio: 0.3, minPerSecond: 0.2 },
  }),
);

const drill = chaos({ latency: { rate: 1, delay: '1ms' } });
const rehearsal = pipeline('rehearsal', drill);
const byHost = keyed(pipeline('hosts', ejection()));
const HOSTS = ['a', 'b', 'c', 'd', 'e'];

const exporter = new PrometheusExporter({ preventServerStart: true });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));

const upstream = await flakyUpstream();
const slowUpstream = await flakyUpstream();

const get =
  ({ url }) =>
  async ({ signal }) => {
    const response = await fetch(url, { signal });
    await response.arrayBuffer();
    if (response.status >= 500) throw new Error(`status ${response.status}`);
  };

/** Calls of one pipeline each `everyMs`, whatever becomes of them. */
const traffic = (made, of, everyMs) => setInterval(() => void made.settle(get(of)), everyMs);
traffic(stock, upstream, 20);
traffic(prices, upstream, 40);
traffic(orders, upstream, 50);
traffic(offers, upstream, 50);
traffic(search, slowUpstream, 100);
traffic(reports, slowUpstream, 200);
traffic(rehearsal, upstream, 200);
// In trouble, one of the hosts fails.
let inTrouble = false;
setInterval(() => {
  for (const host of HOSTS) {
    void byHost.settle(host, async () => {
      if (inTrouble && host === 'e') throw new Error('down');
    });
  }
}, 100);

const server = createServer((request, response) =>
  exporter.getMetricsRequestHandler(request, response),
);
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

process.on('message', (phase) => {
  upstream.behave(phase === 'trouble' ? { failureRate: 1, failureStatuses: [503] } : {});
  slowUpstream.behave(phase === 'trouble' ? { latency: '1500ms' } : {});
  inTrouble = phase === 'trouble';
  if (inTrouble) drill.start();
  else drill.stop();
});
process.on('disconnect', () => process.exit());
