// @ts-check
/**
 * Telemetry. What an SDK is registered for is global, so each case is a path, and so a process, of its own.
 *
 * @module
 */

import { context, metrics, trace } from '@opentelemetry/api';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { pipeline } from 'holdfast';
import { ofHoldfast as h } from '../libraries.js';
import { bareArm } from './bare.js';

/** @typedef {import('../types.d.ts').Arm} Arm */
/** @typedef {import('../types.d.ts').CallPath} Path */
/** @typedef {import('../types.d.ts').Knobs} Knobs */
/** @typedef {import('../types.d.ts').Call} Call */

/** @type {import('../types.d.ts').PolicyName[]} */
const five = ['fallback', 'retry', 'breaker', 'timeout', 'bulkhead'];

/**
 * @param {Knobs} knobs
 * @param {false | undefined} telemetry
 */
const pipelineOf = (knobs, telemetry) =>
  pipeline(
    { name: 'five', telemetry },
    h.fallback(),
    h.retry(),
    h.breaker(),
    h.timeout(knobs),
    h.bulkhead(),
  );

class Reader extends MetricReader {
  /** @override */
  async onForceFlush() {}
  /** @override */
  async onShutdown() {}
}

let withMetrics = false;
function registerMetrics() {
  if (withMetrics) return;
  withMetrics = true;
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [new Reader()] }));
}

/**
 * A call whose duration is recorded by hand: the same work that holdfast's own record is.
 *
 * @param {Call} call
 * @returns {Call}
 */
function recorded(call) {
  const histogram = metrics.getMeter('bench').createHistogram('bench.call.duration', {
    unit: 's',
    advice: {
      explicitBucketBoundaries: [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
      ],
    },
  });
  const attributes = { 'holdfast.pipeline': 'five', 'holdfast.outcome': 'success' };
  return async () => {
    const started = performance.now();
    const value = await call();
    histogram.record((performance.now() - started) / 1_000, attributes);
    return value;
  };
}

/** @type {import('@opentelemetry/api').Context | undefined} */
let parent;
/** The context of a recording span. */
function registerTraces() {
  if (parent === undefined) {
    new NodeTracerProvider().register();
    parent = trace.setSpan(context.active(), trace.getTracer('bench').startSpan('request'));
  }
  return parent;
}

/**
 * The same pipeline without telemetry and with it.
 *
 * @param {string} group
 * @param {(call: Call) => Call} within
 * @returns {Arm[]}
 */
const both = (group, within) => [
  {
    id: 'holdfast-silent',
    label: 'holdfast, telemetry: false',
    library: 'holdfast',
    group,
    policies: five,
    create(operation, knobs) {
      const policy = pipelineOf(knobs, false);
      return within(async () => await policy.execute(operation));
    },
  },
  {
    id: 'holdfast',
    label: 'holdfast',
    library: 'holdfast',
    group,
    policies: five,
    create(operation, knobs) {
      const policy = pipelineOf(knobs, undefined);
      return within(async () => await policy.execute(operation));
    },
  },
];

/** @type {Path} */
const none = {
  id: 'P9',
  kind: 'time',
  show: 'net',
  title: 'Telemetry, with no SDK',
  about:
    'The five policies of P1, with telemetry as it comes and switched off; no SDK is registered. The two pipelines are compared with each other, so they share a process.',
  groups: [{ id: 'none', title: 'no SDK', bare: 'bare' }],
  arms: [bareArm('none'), ...both('none', (call) => call)],
};

/** @type {Path} */
const measured = {
  id: 'P9M',
  kind: 'time',
  show: 'net',
  title: 'Telemetry, with metrics',
  about:
    'The same with the metrics of version 2 of the SDK. By hand: two readings of the clock, and one record of a histogram with the two attributes ' +
    'that holdfast gives it; once around the bare call, and once around the pipeline, since the same record takes longer when a whole call ran ' +
    'since the last one.',
  groups: [{ id: 'metrics', title: 'SDK with metrics', bare: 'bare' }],
  arms: [
    bareArm('metrics'),
    {
      id: 'bare-recorded',
      label: 'bare, its duration recorded by hand',
      library: 'bare',
      group: 'metrics',
      policies: [],
      create(operation) {
        registerMetrics();
        return recorded(operation);
      },
    },
    {
      id: 'holdfast-recorded',
      label: 'holdfast, telemetry: false, its duration recorded by hand',
      library: 'holdfast',
      group: 'metrics',
      policies: five,
      create(operation, knobs) {
        registerMetrics();
        const policy = pipelineOf(knobs, false);
        return recorded(() => policy.execute(operation));
      },
    },
    ...both('metrics', (call) => {
      registerMetrics();
      return call;
    }),
  ],
};

/** @type {Path} */
const traced = {
  id: 'P9S',
  kind: 'time',
  show: 'net',
  title: 'Telemetry, inside a recording span',
  about:
    'The same with the traces of version 2 of the SDK; each call is made inside a recording span, and so gets one of its own. By hand: ' +
    'a span around the bare call, with the same attributes.',
  groups: [{ id: 'traces', title: 'SDK with traces', bare: 'bare' }],
  arms: [
    {
      ...bareArm('traces'),
      /** @type {Arm['create']} */
      create(operation) {
        const within = registerTraces();
        return () => context.with(within, async () => await operation());
      },
    },
    {
      id: 'bare-span',
      label: 'bare, in a span by hand',
      library: 'bare',
      group: 'traces',
      policies: [],
      create(operation) {
        const within = registerTraces();
        const tracer = trace.getTracer('bench');
        const attributes = { 'holdfast.pipeline': 'five' };
        const inSpan = () =>
          tracer.startActiveSpan('holdfast five', { attributes }, async (span) => {
            const value = await operation();
            span.setAttribute('holdfast.outcome', 'success');
            span.setAttribute('holdfast.attempts', 1);
            span.end();
            return value;
          });
        return () => context.with(within, inSpan);
      },
    },
    ...both('traces', (call) => {
      const within = registerTraces();
      return () => context.with(within, call);
    }),
  ],
};

export { measured, none, traced };
