import { expect, it, vi } from 'vitest';

it('what is made touches nothing of zod, with options and without, and neither does the import', async () => {
  vi.doMock('zod/mini', () => ({}));
  vi.doMock('zod/v4/core', () => ({}));
  vi.resetModules();
  const { bulkhead, circuitBreaker, keyed, pipeline, retry, standard, throttle, timeout } =
    await import('../../src/index.js');
  const { resilientFetch } = await import('../../src/fetch/index.js');
  await import('../../src/undici/index.js');
  await import('../../src/telemetry/index.js');
  await import('../../src/cockatiel/index.js');
  await import('../../src/testing/index.js');
  await import('../../src/simulator/index.js');
  const policies = [retry(), circuitBreaker(), throttle(), bulkhead(), timeout('1s')];
  const made = pipeline('a', ...policies);
  await expect(made.execute(() => 'done', { timeout: '1s' })).resolves.toBe('done');
  keyed(pipeline('b', ...standard()));
  resilientFetch();
  expect(() =>
    pipeline('c', retry({ maxRetries: 1 }), circuitBreaker({ window: { calls: 30 } })),
  ).not.toThrow();
  expect(() => retry({ maxRetries: -1 })).toThrow(/must be a whole number >= 0/);
  resilientFetch({ policies: { retry: { maxRetries: 1 } }, headers: { attempt: 'x-attempt' } });
  vi.doUnmock('zod/mini');
  vi.doUnmock('zod/v4/core');
});

it('no options are checked by code made of text', async () => {
  const made: unknown[] = [];
  const { Function: real } = globalThis;
  globalThis.Function = new Proxy(real, {
    construct(target, args, newTarget) {
      made.push(args);
      return Reflect.construct(target, args, newTarget);
    },
    apply(target, self, args) {
      made.push(args);
      return Reflect.apply(target, self, args);
    },
  });
  try {
    vi.resetModules();
    const { circuitBreaker, pipeline, retry, standard, timeout } = await import(
      '../../src/index.js'
    );
    const { resilientFetch } = await import('../../src/fetch/index.js');
    const policies = [
      retry({ maxRetries: 1, budget: { ratio: 0.1 } }),
      circuitBreaker({ window: { calls: 30 } }),
      timeout({ duration: '1s' }),
      ...standard({ retry: { maxRetries: 1 }, attemptTimeout: '1s' }),
    ];
    const { execute } = pipeline({ name: 'a', telemetry: { spans: 'never' } }, ...policies);
    resilientFetch({ policies: { retry: { maxRetries: 1 } }, headers: { attempt: 'x-attempt' } });
    expect(execute).toBeTypeOf('function');
    expect(() => retry({ maxRetries: -1 })).toThrow(/must be a whole number >= 0/);
    expect(made).toEqual([]);
  } finally {
    globalThis.Function = real;
  }
});
