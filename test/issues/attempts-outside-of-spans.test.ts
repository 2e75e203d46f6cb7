import { metrics, trace } from '@opentelemetry/api';
import { ConstantBackoff, pipeline, retry } from 'holdfast';
import { attemptOf } from 'holdfast/telemetry';
import { afterEach, expect, it } from 'vitest';
import { Metrics, Traces, unregister } from '../telemetry/support/sdk.js';

afterEach(unregister);

/**
 * A call made where no span is active, as in a worker, was not passed a context, and so its attempts no number: the spans of its
 * HTTP requests had no `http.request.resend_count`.
 */
it.each([
  ['with traces alone', () => {}],
  ['with metrics too', () => new Metrics().register()],
])('attempts are numbered outside of any span, %s', async (_kind, registerMore) => {
  new Traces().register();
  registerMore();
  const calls = pipeline('worker', retry({ maxRetries: 2, backoff: new ConstantBackoff(0) }));
  const seen: number[] = [];
  await calls.settle(async () => {
    expect(trace.getActiveSpan()).toBeUndefined();
    seen.push(attemptOf());
    throw new Error('no');
  });
  expect(seen).toEqual([1, 2, 3]);
  expect(attemptOf()).toBe(1);
  metrics.disable();
});
