import { pipeline } from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import { Traces, unregister } from '../telemetry/support/sdk.js';

/** The TimeoutError of `AbortSignal.timeout` has the code 23, which the SDK took for the type of the exception. */

afterEach(unregister);

it("a caller's timeout is a TimeoutError on the span", async () => {
  const traces = new Traces().register();
  const made = pipeline({ name: 'stock', telemetry: { spans: 'always' } });
  const controller = new AbortController();
  const call = made.settle(() => new Promise(() => {}), { signal: controller.signal });
  controller.abort(new DOMException('late', 'TimeoutError'));
  await call;
  const types = traces.spans.map(({ events }) => events[0]?.attributes?.['exception.type']);
  expect(types).toEqual(['TimeoutError']);
});
