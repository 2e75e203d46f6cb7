import { adaptiveLimiter, keyed, pipeline } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, expect, it } from 'vitest';
import { Metrics, unregister } from '../../telemetry/support/sdk.js';

afterEach(unregister);

const one = { minLimit: 1, initialLimit: 1, maxLimit: 1, maxQueued: 0 };

it('L2: shows its limit, what is inside and what waits; of copies, the sums', async () => {
  const sdk = new Metrics().register();
  const shown = async (pipeline: string) => {
    const of = (gauge: string) =>
      sdk.points(`holdfast.adaptive_limiter.${gauge}`, { 'holdfast.pipeline': pipeline });
    const labels = { 'holdfast.policy': 'adaptive_limiter' };
    const [[limit], [inFlight], [queued]] = await Promise.all([
      of('limit'),
      of('in_flight'),
      of('queued'),
    ]);
    for (const point of [limit, inFlight, queued]) expect(point?.labels).toEqual(labels);
    return [limit?.value, inFlight?.value, queued?.value];
  };
  const single = pipeline('single', adaptiveLimiter({ ...one, maxQueued: 5, maxWait: '1h' }));
  const release: (() => void)[] = [];
  const operation = () => new Promise<void>((resolve) => release.push(resolve));
  const calls = [single.execute(operation), single.execute(operation), single.execute(operation)];
  expect(await shown('single')).toEqual([1, 1, 2]);
  const byHost = keyed(pipeline('hosts', adaptiveLimiter({ ...one, maxLimit: 7 })));
  calls.push(...['a', 'b', 'c'].map((host) => byHost.execute(host, operation)));
  expect(await shown('hosts')).toEqual([3, 3, 0]);
  const refused = await byHost.settle('a', operation);
  expect(refused.status).toBe('rejected');
  expect(await sdk.points('holdfast.rejections', { 'holdfast.pipeline': 'hosts' })).toEqual([
    {
      labels: {
        'holdfast.policy': 'adaptive_limiter',
        'holdfast.reason': 'limit_exceeded',
        'holdfast.enforced': true,
      },
      value: 1,
    },
  ]);
  while (release.length > 0) {
    release.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(calls);
  expect(await shown('single')).toEqual([1, 0, 0]);
});

it('L2: shows whether its limit is as low as it gets; of copies, how many are; one that cannot move never is', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const shown = (name: string) =>
    sdk.points('holdfast.adaptive_limiter.at_floor', { 'holdfast.pipeline': name });
  const labels = { 'holdfast.policy': 'adaptive_limiter' };
  const fixed = pipeline('fixed', adaptiveLimiter(one));
  const moves = { algorithm: 'aimd', minLimit: 2, initialLimit: 4, maxLimit: 9 } as const;
  const byHost = keyed(
    pipeline({ name: 'floors', clock }, adaptiveLimiter({ ...moves, handle: () => true })),
  );
  for (const host of ['a', 'b', 'c']) await byHost.execute(host, () => 1);
  expect(await shown('floors')).toEqual([{ labels, value: 0 }]);
  for (let i = 0; i < 50; i++) {
    for (const host of ['a', 'b']) {
      const calls = [1, 2, 3, 4].map(() => byHost.settle(host, () => Promise.reject(i)));
      await Promise.all(calls);
    }
    await clock.advance(100);
  }
  expect(await shown('floors')).toEqual([{ labels, value: 2 }]);
  expect(await shown('fixed')).toEqual([{ labels, value: 0 }]);
  expect(fixed.name).toBe('fixed');
});
