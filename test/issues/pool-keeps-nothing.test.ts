import { pipeline, timeout } from 'holdfast';
import { expect, it } from 'vitest';
import { turn } from '../pipeline/support/deferred.js';

/** Passes in the pool held on to the operations and results of the calls they had served. */
it.each([
  ['carried by the promise of the operation', []],
  ['with a promise of its own', [timeout('1s')]],
])('nothing of a call is kept once it settled: a call %s', async (_kind, around) => {
  const calls = pipeline('calls', ...around);
  const refs: WeakRef<object>[] = [];
  const run = async (): Promise<void> => {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const payload = { big: new Uint8Array(1_000) };
        refs.push(new WeakRef(payload));
        await calls.execute(async () => {
          const result = { payload };
          refs.push(new WeakRef(result));
          return result;
        });
      }),
    );
  };
  await run();
  // The last promise made stays reachable until the next one is.
  await calls.execute(() => 1);
  await turn();
  await turn();
  (globalThis as unknown as { gc(): void }).gc();
  expect(refs.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
});
