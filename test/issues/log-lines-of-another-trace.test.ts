import { context, trace } from '@opentelemetry/api';
import { circuitBreaker, pipeline, retry, timeout } from 'holdfast';
import { logEvents } from 'holdfast/telemetry';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, expect, it } from 'vitest';
import { Traces, unregister } from '../telemetry/support/sdk.js';

afterEach(unregister);

/** All calls under one timeout share a timer: it wrote the trace of whoever had set it into the lines of all. */
it('G14: each line has the trace of its own call, and so has each event', async () => {
  const sdk = new Traces().register();
  const clock = new VirtualClock();
  const lines: Record<string, unknown>[] = [];
  const write = (fields: object): void => void lines.push(fields as Record<string, unknown>);
  const stock = pipeline(
    { name: 'stock', clock },
    timeout('9s'),
    retry({ maxRetries: 1, jitter: 'none' }),
    timeout('1s'),
  );
  const breaker = pipeline(
    { name: 'breaker', clock },
    timeout('1s'),
    circuitBreaker({ failureRate: 0.5, minimumCalls: 3, failingFor: 0 }),
  );
  logEvents(stock, { debug: write, info: write, warn: write, error: write });
  logEvents(breaker, { debug: write, info: write, warn: write, error: write });
  const heard: (readonly [string, string | undefined])[] = [];
  const here = (): string | undefined => trace.getActiveSpan()?.spanContext().traceId;
  for (const each of [stock, breaker]) each.on(({ type }) => heard.push([type, here()]));
  const tracer = sdk.provider.getTracer('test');
  const calls: Promise<unknown>[] = [];
  const traces: string[] = [];
  for (const name of ['A', 'B', 'C']) {
    const span = tracer.startSpan(name);
    traces.push(span.spanContext().traceId);
    context.with(trace.setSpan(context.active(), span), () => {
      calls.push(stock.settle(() => new Promise(() => {})));
      calls.push(breaker.settle(() => new Promise(() => {})));
    });
    span.end();
  }
  await clock.advance('20s');
  await Promise.all(calls);
  const traceOf = (line: Record<string, unknown>) => line['trace_id'];
  const retries = lines.filter((line) => line['holdfast.policy'] === 'retry');
  expect(retries.map(traceOf).sort()).toEqual([...traces].sort());
  const opened = lines.filter((line) => line['holdfast.state'] === 'open');
  expect(opened.map(traceOf)).toEqual([traces[2]]);
  // Two calls a trace.
  expect(
    heard
      .filter(([type]) => type === 'call')
      .map(([, id]) => id)
      .sort(),
  ).toEqual([...traces, ...traces].sort());
  expect(heard.map(([, id]) => id)).not.toContain(undefined);
  // The span of the call itself, and not the one around it.
  const own = sdk.spans.filter(({ name }) => name.startsWith('holdfast '));
  const ids = own.map((span) => span.spanContext().spanId);
  for (const line of lines) expect(ids).toContain(line['span_id']);
});
