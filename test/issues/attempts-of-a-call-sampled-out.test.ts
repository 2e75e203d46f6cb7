import { context, trace } from '@opentelemetry/api';
import { AlwaysOffSampler, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { ConstantBackoff, pipeline, retry } from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import { unregister } from '../telemetry/support/sdk.js';

afterEach(unregister);

/**
 * With `spans: 'always'` and no parent, a call that was sampled out passed nothing on: each of its attempts started a trace of its
 * own, and was sampled once more.
 */
it('all attempts of a call that is sampled out belong to its trace', async () => {
  new NodeTracerProvider({ sampler: new AlwaysOffSampler() }).register();
  const calls = pipeline(
    { name: 'unsampled', telemetry: { spans: 'always' } },
    retry({ maxRetries: 1, backoff: new ConstantBackoff(0) }),
  );
  const traceIds: (string | undefined)[] = [];
  await calls.settle(async () => {
    traceIds.push(trace.getSpanContext(context.active())?.traceId);
    throw new Error('no');
  });
  expect(traceIds).toHaveLength(2);
  expect(traceIds[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(traceIds[1]).toBe(traceIds[0]);
});

it('no trace is made up where no SDK is there to sample', async () => {
  const calls = pipeline({ name: 'no-sdk', telemetry: { spans: 'always' } });
  expect(await calls.execute(() => trace.getActiveSpan())).toBeUndefined();
});
