import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it } from 'vitest';
import { fallback, pipeline, retry, timeout } from '../../src/index.js';
import { VirtualClock } from '../../src/testing/index.js';

/** All calls under one timeout share a timer, and a timer runs in the context of whoever armed it. */
it('a retry after a timeout, and a fallback, run in the async context of their own call', async () => {
  const clock = new VirtualClock();
  const request = new AsyncLocalStorage<string>();
  const subject = pipeline(
    { name: 'x', clock },
    fallback(() => `fallback for ${request.getStore()}`),
    retry({ maxRetries: 1, jitter: 'none' }),
    timeout('1s'),
  );
  const attempts: string[] = [];
  const call = (name: string) =>
    request.run(name, () =>
      subject.execute(async ({ attempt }) => {
        attempts.push(`${name}: attempt ${attempt} for ${request.getStore()}`);
        return new Promise<string>(() => {});
      }),
    );
  const answers = Promise.all([call('a'), call('b'), call('c')]);
  await clock.advance('10s');
  expect(await answers).toEqual(['fallback for a', 'fallback for b', 'fallback for c']);
  expect(attempts.sort()).toEqual([
    'a: attempt 1 for a',
    'a: attempt 2 for a',
    'b: attempt 1 for b',
    'b: attempt 2 for b',
    'c: attempt 1 for c',
    'c: attempt 2 for c',
  ]);
});

it('so does a driver inside a driver, timed out as a whole and attempt by attempt', async () => {
  const clock = new VirtualClock();
  const request = new AsyncLocalStorage<string>();
  const subject = pipeline(
    { name: 'x', clock },
    fallback(() => request.getStore()),
    timeout('10s'),
    retry({ maxRetries: 1, jitter: 'none', name: 'outer' }),
    timeout('3s'),
    retry({ maxRetries: 1, jitter: 'none', name: 'inner' }),
    timeout('1s'),
  );
  const seen = new Map<string, Set<string | undefined>>();
  const call = (name: string) =>
    request.run(name, () =>
      subject.execute(() => {
        const stores = seen.get(name) ?? new Set();
        seen.set(name, stores.add(request.getStore()));
        return new Promise<string>(() => {});
      }),
    );
  const answers = Promise.all([call('a'), call('b')]);
  await clock.advance('1m');
  expect(await answers).toEqual(['a', 'b']);
  expect([...seen]).toEqual([
    ['a', new Set(['a'])],
    ['b', new Set(['b'])],
  ]);
});
