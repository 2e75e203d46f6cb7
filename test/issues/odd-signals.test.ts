import { bulkhead, pipeline } from 'holdfast';
import { expect, it } from 'vitest';

/** Something else than a signal made `execute` throw, and the call counted as in flight for ever. */
it('a signal that is none rejects the call and leaves nothing behind', async () => {
  const calls = pipeline('calls', bulkhead());
  const controller = new AbortController() as unknown as AbortSignal;
  await expect(calls.execute(() => 1, { signal: controller })).rejects.toThrow(TypeError);
  expect(await calls.settle(() => 1, { signal: controller })).toMatchObject({ status: 'rejected' });
  expect(calls.snapshot().inFlight).toBe(0);
});

/** As in fetch, whose `signal` may be null. */
it('null is no signal', async () => {
  const calls = pipeline('calls');
  expect(await calls.execute(() => 1, { signal: null as unknown as undefined })).toBe(1);
});
