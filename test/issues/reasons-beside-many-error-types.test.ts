import { bulkhead, pipeline } from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import { Metrics, unregister } from '../telemetry/support/sdk.js';

afterEach(unregister);

/** Error types and reasons shared one bound: after thirty types of errors every refusal was counted as `_OTHER`. */
it('refusals keep their reason, however many types of errors came before', async () => {
  const sdk = new Metrics().register();
  const calls = pipeline('diverse', bulkhead({ maxConcurrent: 1 }));
  for (let i = 0; i < 40; i++) {
    await calls.settle(() => Promise.reject(Object.assign(new Error('x'), { code: `E_${i}_X` })));
  }
  const first = calls.execute(() => new Promise((resolve) => setImmediate(resolve)));
  await calls.settle(() => 1);
  await first;
  const points = await sdk.points('holdfast.rejections', { 'holdfast.pipeline': 'diverse' });
  expect(points.map(({ labels }) => labels['holdfast.reason'])).toEqual(['bulkhead_full']);
});
