import { pipeline } from 'holdfast';
import { expect, it } from 'vitest';
import { Metrics } from '../telemetry/support/sdk.js';

/** What pipelines that are gone had counted was kept by their provider, and so kept it: each one that a test or tenant made, for ever. */
it('a meter provider of a pipeline is let go when nobody else uses it', async () => {
  const gone = await (async () => {
    const { provider } = new Metrics();
    const calls = pipeline({ name: 'tenant', telemetry: { meterProvider: provider } });
    await calls.execute(() => 1);
    return { provider: new WeakRef(provider), calls: new WeakRef(calls) };
  })();
  // The engine's pool keeps the pipeline of its last call.
  await pipeline({ name: 'other', telemetry: false }).execute(() => 1);
  for (let i = 0; i < 50 && gone.provider.deref() !== undefined; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    globalThis.gc?.();
  }
  // Compared here: a failing matcher would print the whole provider.
  expect(gone.calls.deref() === undefined).toBe(true);
  expect(gone.provider.deref() === undefined).toBe(true);
});
