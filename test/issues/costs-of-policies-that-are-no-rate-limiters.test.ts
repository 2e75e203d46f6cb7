import { bulkhead, ConfigError, type Gate, pipeline, rateLimiter, retry } from 'holdfast';
import { expect, it, vi } from 'vitest';
import { rejectionOf } from '../policies/support/rig.js';

/** A cost by the name of a retry or a bulkhead was ignored, and the error for a name that does not exist proposed these. */
const tokens = () => rateLimiter({ limit: 100, name: 'tokens' });
const REMEDY = 'cost: must name rate limiters of calls, which has tokens, rate_limiter';

it.each(['bulkhead', 'retry', 'token'])('L4: a cost by the name %j is refused', async (name) => {
  const limiter = tokens();
  const plain = rateLimiter({ limit: 100 });
  const calls = pipeline('calls', retry(), bulkhead(), limiter, plain);
  const operation = vi.fn();
  const error = await rejectionOf(calls.execute(operation, { cost: { tokens: 1, [name]: 2 } }));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toMatchObject({ message: `${REMEDY} (got "${name}")`, path: 'cost' });
  expect(operation).not.toHaveBeenCalled();
  expect(limiter.snapshot().available).toBe(100);
});

it('L4: a policy of your own may count costs, too', async () => {
  const seen: unknown[] = [];
  const own: Gate = {
    ...{ role: 'gate', type: 'points' },
    enter: ({ traits }) => {
      seen.push(traits?.cost);
      return undefined;
    },
    exit: () => {},
  };
  const calls = pipeline('calls', own, tokens());
  const cost = { tokens: 1, points: 2 };
  expect(await calls.execute(() => 'done', { cost })).toBe('done');
  expect(seen).toEqual([cost]);
});
