import { ContractError, circuitBreaker, fallback, handleType, handleWhen, retry } from 'holdfast';
import { expect, it, vi } from 'vitest';
import { rejectionOf, rig } from '../policies/support/rig.js';

/** `handle: handleType`, not called, or called in a function, answers a filter: an object, so a yes to every outcome. */
const given = [handleType, handleWhen, () => handleType(TypeError)] as never[];

it.each(given)(
  'G4: a handle that answers a filter ends the call with a ContractError',
  async (handle) => {
    for (const policy of [
      retry({ handle }),
      circuitBreaker({ handle }),
      fallback('spare', { handle }),
    ]) {
      const { pipeline } = rig(policy);
      const operation = vi.fn(() => 'good');
      const error = await rejectionOf(pipeline.execute(operation));
      expect(error).toBeInstanceOf(ContractError);
      expect(String(error)).toContain('handle: handleType(SomeError)');
      expect(operation).toHaveBeenCalledTimes(1);
    }
  },
);
