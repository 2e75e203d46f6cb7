import { ContractError, fallback, retry } from 'holdfast';
import { expect, it, vi } from 'vitest';
import { rejectionOf, rig } from '../policies/support/rig.js';

/** An asynchronous `handle` answered a promise, which is truthy: everything was handled, successes too. */

const never = (async () => false) as unknown as () => boolean;

it.each([
  ['function', never],
  ['cockatiel filter', { options: { errorFilter: never, resultFilter: never } }],
])('G4: a %s that answers a promise ends the call with a ContractError', async (_, handle) => {
  for (const policy of [retry({ handle }), fallback('spare', { handle })]) {
    for (const operation of [() => 'good', () => Promise.reject(new Error('boom'))]) {
      const { pipeline } = rig(policy);
      const called = vi.fn(operation as () => unknown);
      const error = await rejectionOf(pipeline.execute(called));
      expect(error).toBeInstanceOf(ContractError);
      expect(String(error)).toContain('promise');
      expect(called).toHaveBeenCalledTimes(1);
    }
  }
});
