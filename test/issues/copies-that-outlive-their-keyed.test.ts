import { bulkhead, keyed, pipeline } from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import { Metrics, unregister } from '../telemetry/support/sdk.js';

afterEach(unregister);

/** A copy did not keep what telemetry finds it through: once that was collected, calls of the copy were counted for nobody. */
it('a copy is counted also when nothing but the copy is kept', async () => {
  const sdk = new Metrics().register();
  const [copy, owner] = (() => {
    const byHost = keyed(pipeline('hosts', bulkhead({ maxConcurrent: 3 })));
    return [byHost.get('one'), new WeakRef(byHost)];
  })();
  await copy.execute(() => 1);
  // The engine's pool keeps the pipeline of its last call.
  await pipeline({ name: 'other', telemetry: false }).execute(() => 1);
  for (let i = 0; i < 20 && owner.deref() !== undefined; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  expect(owner.deref() === undefined).toBe(true);
  // What was collected is reported in a turn of its own.
  await new Promise((resolve) => setImmediate(resolve));
  await copy.execute(() => 1);
  const at = { 'holdfast.pipeline': 'hosts' };
  expect(await sdk.sum('holdfast.calls', at)).toBe(2);
});
