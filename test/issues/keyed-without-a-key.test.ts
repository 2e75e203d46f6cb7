import { ConsecutiveBreaker, circuitBreaker, keyed, pipeline } from 'holdfast';
import { expect, it, vi } from 'vitest';
import { rejectionOf } from '../policies/support/rig.js';

/** Every call whose host was missing shared one pipeline, under a key that no event could show. */
it.each([undefined, null, 5, Symbol('host')])('keyed: refuses %s as a key', async (given) => {
  const key = given as never;
  const byHost = keyed(pipeline('upstream'));
  const operation = vi.fn();
  expect(() => byHost.get(key)).toThrow(/keyed: the key must be a string \(got /);
  expect(await rejectionOf(byHost.execute(key, operation))).toBeInstanceOf(TypeError);
  expect(operation).not.toHaveBeenCalled();
  expect(byHost.size).toBe(0);
});

/** A copy that could not be made was thrown at once, also by `settle`, which promises never to throw. */
it('G2: keyed: execute rejects and settle answers when a copy cannot be made', async () => {
  const fault = new Error('no more breakers');
  let left = 2;
  const breaker = () => {
    if (left-- > 0) return new ConsecutiveBreaker(5);
    throw fault;
  };
  const byHost = keyed(pipeline('upstream', circuitBreaker({ breaker })));
  const error = await rejectionOf(byHost.execute('a', () => 1));
  expect(error).toMatchObject({ code: 'ERR_CONFIG', cause: fault });
  expect(await byHost.settle('a', () => 1)).toMatchObject({ reason: { cause: fault } });
  expect(byHost.size).toBe(0);
});
