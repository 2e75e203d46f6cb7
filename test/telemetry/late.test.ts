import { pipeline, retry } from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import { Metrics, unregister } from './support/sdk.js';

afterEach(unregister);

/** After a thousand calls in vain only one in sixteen looks whether somebody is there by now. */
it('an SDK registered after thousands of calls counts them all, and times all but a few', async () => {
  const made = pipeline('late', retry());
  for (let i = 0; i < 3_000; i++) await made.execute(() => 1);
  const sdk = new Metrics().register();
  for (let i = 0; i < 100; i++) await made.execute(() => 1);
  const late = { 'holdfast.pipeline': 'late' };
  expect(await sdk.sum('holdfast.calls', late)).toBe(3_100);
  const timed = await sdk.sum('holdfast.call.duration', late);
  expect(timed).toBeGreaterThan(100 - 16);
  expect(timed).toBeLessThanOrEqual(100);
});
