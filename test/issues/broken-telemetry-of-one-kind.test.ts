import type { MeterProvider, Tracer } from '@opentelemetry/api';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { pipeline } from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import { Metrics, Traces, unregister } from '../telemetry/support/sdk.js';

afterEach(unregister);

/** A histogram that threw kept the span of the call from being ended, for ever. */
it('a histogram that throws costs nobody a span', async () => {
  const traces = new Traces().register();
  const sdk = new Metrics();
  const meterProvider: MeterProvider = {
    getMeter: (...args) =>
      new Proxy(sdk.provider.getMeter(...args), {
        get: (meter, name, receiver) =>
          name === 'createHistogram'
            ? () => ({
                record() {
                  throw new Error('full');
                },
              })
            : Reflect.get(meter, name, receiver),
      }),
  };
  const calls = pipeline({ name: 'calls', telemetry: { meterProvider } });
  const answer = await trace
    .getTracer('test')
    .startActiveSpan('request', () => calls.execute(() => 1));
  expect(answer).toBe(1);
  expect(traces.named('holdfast calls')).toHaveLength(1);
});

/** A tracer that threw kept the duration of the call from being recorded. */
it('a tracer that throws costs nobody a duration', async () => {
  const sdk = new Metrics().register();
  const tracer = {
    startSpan() {
      throw new Error('no spans');
    },
  } as unknown as Tracer;
  const telemetry = { spans: 'always', tracerProvider: { getTracer: () => tracer } } as const;
  const calls = pipeline({ name: 'traceless', telemetry });
  expect(await calls.execute(() => 1)).toBe(1);
  expect(await sdk.sum('holdfast.call.duration', { 'holdfast.pipeline': 'traceless' })).toBe(1);
});

/** So did an error that cannot be read. */
it('an error that cannot be read ends the span of its call', async () => {
  const traces = new Traces().register();
  const hostile = Object.defineProperty(new Error('x'), 'message', {
    get() {
      throw new Error('hands off');
    },
  });
  const calls = pipeline('hostile');
  const settled = await trace
    .getTracer('test')
    .startActiveSpan('request', () => calls.settle(() => Promise.reject(hostile)));
  expect(settled).toEqual({ status: 'rejected', reason: hostile });
  const [span] = traces.named('holdfast hostile');
  expect(span).toMatchObject({
    attributes: { 'holdfast.outcome': 'failure' },
    status: { code: SpanStatusCode.ERROR },
  });
});
