import { pipeline, retry, timeout } from 'holdfast';
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.useRealTimers();
});

// Its path knew only the queue of deadlines under the fakes, took the call's deadline for one without a time, and saw no time for a retry.
it('G13: a pipeline that was made under fake timers retries when they are gone and calls are frequent', async () => {
  vi.useFakeTimers();
  const calls = pipeline('calls', timeout('5s'), retry({ maxRetries: 1, initialDelay: 0 }));
  vi.useRealTimers();
  for (let i = 0; i < 100; i++) await calls.execute(() => Promise.resolve());
  let attempts = 0;
  const answer = calls.execute(() =>
    ++attempts === 1 ? Promise.reject(new Error('down')) : Promise.resolve(attempts),
  );
  expect(await answer).toBe(2);
});
