import { getEventListeners } from 'node:events';
import { fallback, pipeline } from 'holdfast';
import { expect, it } from 'vitest';
import { never, turn } from '../pipeline/support/deferred.js';

/** Eleven calls at once on one signal made Node warn of a leak: each call had a listener of its own. */
it('G6: calls that share a signal share one listener', async () => {
  const warnings: unknown[] = [];
  const note = (warning: unknown): void => void warnings.push(warning);
  process.on('warning', note);
  const caller = new AbortController();
  const calls = pipeline('calls');
  const all = Array.from({ length: 50 }, () => calls.settle(never, { signal: caller.signal }));
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1);
  caller.abort();
  await Promise.all(all);
  await turn();
  process.off('warning', note);
  expect(warnings).toEqual([]);
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
});

/** The abort's reason, which belongs to the caller, got the first error as its cause. */
it('an abort leaves the reason of the caller as it is', async () => {
  const caller = new AbortController();
  const reason = new Error('the caller left');
  const calls = pipeline(
    'calls',
    fallback(async (_outcome, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw signal.reason;
    }),
  );
  const call = calls.settle(() => Promise.reject(new Error('no')), { signal: caller.signal });
  await turn();
  caller.abort(reason);
  await call;
  await turn();
  expect(reason.cause).toBeUndefined();
});
