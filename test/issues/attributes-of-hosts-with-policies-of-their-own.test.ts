import { keyed, pipeline, retry } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { afterEach, expect, it } from 'vitest';
import { Metrics, unregister } from '../telemetry/support/sdk.js';

afterEach(unregister);

const P = 'holdfast.pipeline';

/** With `policies: (key) => ...`, `telemetry.attributes: (key) => ...` was never asked. */
it('attributes of keys are bounded and shown also where each key has policies of its own', async () => {
  const sdk = new Metrics().register();
  const fetching = resilientFetch({
    name: 'regions',
    policies: () => [retry({ maxRetries: 0 })],
    telemetry: { attributes: (key) => ({ region: new URL(key).host.split('.')[0] as string }) },
    fetch: async (_url: string) => new Response(''),
  });
  for (const host of ['eu.one', 'eu.two', 'us.one']) await fetching(`http://${host}/`);
  const at = { 'holdfast.pipeline': 'regions' };
  expect(await sdk.sum('holdfast.calls', { ...at, region: 'eu' })).toBe(2);
  expect(await sdk.sum('holdfast.call.duration', { ...at, region: 'us' })).toBe(1);
  for (let i = 0; i < 200; i++) await fetching(`http://r${i}.one/`);
  expect(await sdk.points('holdfast.call.duration', at)).toHaveLength(101);
  expect(await sdk.sum('holdfast.calls', { ...at, 'otel.metric.overflow': true })).toBe(102);
});

/** And those of a key could rename the pipeline, which those of an object could not. */
it('attributes of keys do not rename the pipeline', async () => {
  const sdk = new Metrics().register();
  const attributes = (key: string) => ({ [P]: key, key });
  const byKey = keyed(pipeline({ name: 'template', telemetry: { attributes } }));
  await byKey.execute('one', () => 1);
  expect(await sdk.sum('holdfast.calls', { [P]: 'template', key: 'one' })).toBe(1);
});
