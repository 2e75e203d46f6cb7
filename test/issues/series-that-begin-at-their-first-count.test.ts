import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { AggregationTemporality, MeterProvider } from '@opentelemetry/sdk-metrics';
import type { Gate } from 'holdfast';
import {
  adaptiveLimiter,
  bulkhead,
  circuitBreaker,
  fallback,
  keyed,
  pipeline,
  RejectedError,
  rateLimiter,
  retry,
  throttle,
  timeout,
} from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import { Metrics, unregister } from '../telemetry/support/sdk.js';

/**
 * A series that was born with an outage of a thousand failures showed no increase, and the alert on it stayed silent. Those whose
 * attributes are known in advance begin at 0.
 */

afterEach(unregister);

const P = 'holdfast.pipeline';
let names = 0;
const fresh = (): string => `z${++names}`;

const told = async (sdk: Metrics, metric: string, name: string) =>
  (await sdk.begun(metric, { [P]: name })).map(({ labels, value }) =>
    [...Object.values(labels).map(String), value].join(' '),
  );

it('calls and attempts by outcome, before the first call', async () => {
  const sdk = new Metrics().register();
  const name = fresh();
  const made = pipeline(name, timeout('1s'));
  expect(await told(sdk, 'holdfast.calls', name)).toEqual([
    'success false 0',
    'failure false 0',
    'timeout false ERR_TIMEOUT 0',
    'cancelled false 0',
    'rejected false 0',
  ]);
  expect(await told(sdk, 'holdfast.attempts', name)).toEqual([
    'first success 0',
    'first failure 0',
    'first timeout 0',
    'first rejected 0',
    'first cancelled 0',
  ]);
  await made.execute(() => 1);
  expect(await told(sdk, 'holdfast.calls', name)).toContain('success false 1');
  expect(await told(sdk, 'holdfast.calls', name)).toHaveLength(5);
});

it('retries and fallbacks, where there can be any', async () => {
  const sdk = new Metrics().register();
  const name = fresh();
  const made = pipeline(name, fallback(0), retry(), bulkhead());
  const calls = await told(sdk, 'holdfast.calls', name);
  expect(calls).toEqual(
    ['success', 'failure', 'timeout', 'cancelled', 'fallback', 'rejected'].flatMap((outcome) =>
      [false, true].map((retried) => [outcome, retried, ...errorTypeOf(outcome), 0].join(' ')),
    ),
  );
  expect(await told(sdk, 'holdfast.attempts', name)).toContain('retry failure 0');
  expect(made.name).toBe(name);
});

const errorTypeOf = (outcome: string): string[] =>
  ({ timeout: ['ERR_TIMEOUT'], rejected: ['ERR_BULKHEAD_FULL'] })[outcome] ?? [];

it('rejections by policy and reason, transitions and limits reached', async () => {
  const sdk = new Metrics().register();
  const name = fresh();
  const own: Gate = {
    role: 'gate',
    type: 'tariff',
    refusals: { reasons: ['too_dear'] },
    enter: () => new RejectedError('no', { reason: 'too_dear' }),
    exit() {},
  };
  const silent: Gate = { role: 'gate', type: 'mood', enter: () => undefined, exit() {} };
  const made = pipeline(
    name,
    rateLimiter({ limit: 5 }),
    circuitBreaker(),
    throttle({ dryRun: true, name: 'brake' }),
    adaptiveLimiter(),
    bulkhead({ name: 'pool' }),
    silent,
    own,
  );
  expect(await told(sdk, 'holdfast.rejections', name)).toEqual([
    'rate_limiter rate_limited true 0',
    'rate_limiter cost_above_burst true 0',
    'circuit_breaker circuit_open true 0',
    'circuit_breaker circuit_isolated true 0',
    'brake throttled false 0',
    'adaptive_limiter limit_exceeded true 0',
    'pool bulkhead_full true 0',
    'tariff too_dear true 0',
    'drain draining true 0',
  ]);
  expect(await told(sdk, 'holdfast.circuit_breaker.transitions', name)).toEqual([
    'circuit_breaker closed 0',
    'circuit_breaker open 0',
    'circuit_breaker half_open 0',
    'circuit_breaker isolated 0',
  ]);
  expect(await told(sdk, 'holdfast.limit.reached', name)).toEqual([
    'rate_limiter 0',
    'adaptive_limiter 0',
    'pool 0',
  ]);
  await made.settle(() => 1);
  expect(await told(sdk, 'holdfast.rejections', name)).toContain('tariff too_dear true 1');
});

/** Of a pipeline with a bulkhead. */
const REJECTIONS = ['bulkhead bulkhead_full true 0', 'drain draining true 0'];

it('also of pipelines that were made before the SDK was registered, from the first collection on', async () => {
  const name = fresh();
  const made = pipeline(name, bulkhead());
  const other = pipeline(fresh());
  const sdk = new Metrics(AggregationTemporality.DELTA).register();
  await other.execute(() => 1);
  expect(await told(sdk, 'holdfast.rejections', name)).toEqual(REJECTIONS);
  // Delta temporality tells of them again and again, so that each interval is known to be whole.
  expect(await told(sdk, 'holdfast.rejections', name)).toEqual(REJECTIONS);
  expect(made.name).toBe(name);
});

it('of a keyed pipeline once, however many keys and sets of attributes there are', async () => {
  const sdk = new Metrics().register();
  const name = fresh();
  const byKey = keyed(
    pipeline({ name, telemetry: { attributes: (key) => ({ region: key }) } }, bulkhead()),
  );
  for (let i = 0; i < 50; i++) await byKey.execute(`r${i}`, () => 1);
  const rejections = await told(sdk, 'holdfast.rejections', name);
  expect(rejections).toEqual(REJECTIONS);
  const calls = await told(sdk, 'holdfast.calls', name);
  expect(calls).toHaveLength(5 + 50);
});

it('pipelines without number do not take the place of what is counted', async () => {
  const sdk = new Metrics();
  const telemetry = { meterProvider: sdk.provider };
  const kept = Array.from({ length: 600 }, () =>
    pipeline({ name: fresh(), telemetry }, bulkhead()),
  );
  for (const each of kept) await each.execute(() => 1);
  const points = await sdk.begun('holdfast.calls');
  // SDKs tell 2,000 series of a metric apart: a thousand begin at 0.
  expect(points.length).toBeLessThan(2_000);
  expect(points.filter(({ labels }) => labels['otel.metric.overflow'] === true)).toEqual([]);
  expect(points.filter(({ value }) => value === 1)).toHaveLength(600);
});

it('a page for Prometheus shows them at the first scrape', async () => {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const meterProvider = new MeterProvider({ readers: [exporter] });
  const name = fresh();
  const made = pipeline({ name, telemetry: { meterProvider } }, circuitBreaker());
  const { resourceMetrics } = await exporter.collect();
  const page = new PrometheusSerializer().serialize(resourceMetrics);
  expect(page).toMatch(/^holdfast_calls_total\{[^}]*holdfast_outcome="failure"[^}]*\} 0\b/m);
  expect(page).toMatch(/^holdfast_rejections_total\{[^}]*circuit_open[^}]*\} 0\b/m);
  expect(made.name).toBe(name);
});
