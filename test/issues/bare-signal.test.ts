import { keyed, pipeline } from 'holdfast';
import { expect, it, vi } from 'vitest';
import { rejectionOf } from '../policies/support/rig.js';

/** As second argument, as cockatiel takes it, a signal was ignored: an abort did nothing, and nothing said so. */
const calls = pipeline('calls');
const { signal } = new AbortController();
const bare = signal as unknown as { readonly signal?: AbortSignal };

it('G5: execute refuses a signal in place of { signal }', async () => {
  const operation = vi.fn();
  for (const call of [
    calls.execute(operation, bare),
    keyed(calls).execute('key', operation, bare),
  ]) {
    const error = await rejectionOf(call);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(
      'pipeline.execute: the options must be an object such as { signal }',
    );
  }
  expect(operation).not.toHaveBeenCalled();
});

it('G5: its controller is refused likewise', async () => {
  const error = await rejectionOf(calls.execute(vi.fn(), new AbortController()));
  expect(String(error)).toBe(
    'TypeError: pipeline.execute: the options must be an object such as { signal } (got its controller)',
  );
});

it('G5: and so does settle, which never throws', async () => {
  const operation = vi.fn();
  expect(await calls.settle(operation, bare)).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringContaining('{ signal }') as string },
  });
  expect(operation).not.toHaveBeenCalled();
});

it.each([undefined, null, {}, { signal: undefined }, { signal: null }, { signal }])(
  'G5: %o changes nothing',
  async (options) => {
    expect(await calls.execute(() => 1, options as { readonly signal?: AbortSignal })).toBe(1);
  },
);
