import { keyed, pipeline, rateLimiter } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, expect, it } from 'vitest';
import { Metrics, unregister } from './support/sdk.js';

afterEach(unregister);

const NAME = 'holdfast.rate_limiter.available';
const of = (name: string) => ({ 'holdfast.pipeline': name, 'holdfast.policy': 'rate_limiter' });

it('the gauge shows how many calls may start now, 0 included', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const made = pipeline({ name: 'one', clock }, rateLimiter({ limit: 2, per: '1s' }));
  expect(await sdk.points(NAME, of('one'))).toEqual([{ labels: {}, value: 2 }]);
  await made.execute(() => 1);
  await made.execute(() => 2);
  expect(await sdk.points(NAME, of('one'))).toEqual([{ labels: {}, value: 0 }]);
  await made.settle(() => 3);
  expect(await sdk.points('holdfast.rejections', of('one'))).toEqual([
    { labels: { 'holdfast.reason': 'rate_limited', 'holdfast.enforced': true }, value: 1 },
  ]);
  // Nobody calls any more: permits come all the same.
  await clock.advance('500ms');
  expect(await sdk.sum(NAME, of('one'))).toBe(1);
});

it('copies show what they have together', async () => {
  const sdk = new Metrics().register();
  const byTenant = keyed(pipeline('tenants', rateLimiter({ limit: 5, per: '1h' })));
  for (const tenant of ['a', 'b', 'b']) await byTenant.execute(tenant, () => 1);
  expect(await sdk.points(NAME, of('tenants'))).toEqual([{ labels: {}, value: 4 + 3 }]);
});
