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

it.each([
  [new AbortController(), 'an instance of AbortController'],
  ['x', '"x"'],
  [{}, '{}'],
])('G5: of %o the error tells the path, the value and what to give', async (given, got) => {
  const signal = given as unknown as AbortSignal;
  const says = `signal: must be an AbortSignal, such as controller.signal (got ${got})`;
  const calls = pipeline('calls', bulkhead());
  for (const more of [{}, { timeout: '1s' as const }]) {
    await expect(calls.execute(() => 1, { signal, ...more })).rejects.toThrow(`execute.${says}`);
    expect(await calls.settle(() => 1, { signal, ...more })).toMatchObject({
      reason: { message: `settle.${says}` },
    });
  }
});

/** As in fetch, whose `signal` may be null. */
it('null is no signal', async () => {
  const calls = pipeline('calls');
  expect(await calls.execute(() => 1, { signal: null as unknown as undefined })).toBe(1);
});
