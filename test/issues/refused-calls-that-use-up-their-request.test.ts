import { BulkheadFullError, CircuitOpenError } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { expect, it } from 'vitest';
import { double, hang, reset } from '../fetch/support/double.js';

const put = (): Request => new Request('http://a.example/', { method: 'PUT', body: 'abc' });

/** A call that a policy refused had sent nothing, and yet its Request could not be sent to another server. */
it('X4: a Request that a policy refused is as it was', async () => {
  const broken = resilientFetch({
    fetch: double(reset()) as unknown as typeof globalThis.fetch,
    policies: { retry: false, circuitBreaker: { consecutiveFailures: 1 } },
  });
  await expect(broken(put())).rejects.toThrow('fetch failed');
  const request = put();
  await expect(broken(request)).rejects.toThrow(CircuitOpenError);
  expect(request.bodyUsed).toBe(false);
  expect(await request.text()).toBe('abc');

  const full = resilientFetch({
    fetch: double(hang) as unknown as typeof globalThis.fetch,
    policies: { bulkhead: { maxConcurrent: 1 } },
  });
  const caller = new AbortController();
  const busy = full(put(), { signal: caller.signal });
  const second = put();
  await expect(full(second)).rejects.toThrow(BulkheadFullError);
  expect(await second.text()).toBe('abc');
  caller.abort();
  await expect(busy).rejects.toThrow();
});
