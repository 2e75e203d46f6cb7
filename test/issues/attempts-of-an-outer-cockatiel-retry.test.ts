import * as cockatiel3 from 'cockatiel';
import * as cockatiel4 from 'cockatiel4';
import { bulkhead, circuitBreaker, fallback, pipeline, retry, timeout } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { toCockatiel } from '../../src/cockatiel/index.js';

/** A pipeline within `wrap()` put its own `attempt` in the place of the outer retry's: the operation saw 1, 1, 1. */
describe.each([
  ['3', cockatiel3],
  ['4', cockatiel4 as unknown as typeof cockatiel3],
])('cockatiel %s', (_version, cockatiel) => {
  const outer = cockatiel.retry(cockatiel.handleAll, {
    maxAttempts: 2,
    backoff: new cockatiel.ConstantBackoff(0),
  });

  async function seenIn(policy: ReturnType<typeof toCockatiel>, wrapped = true) {
    const seen: unknown[] = [];
    const operation = (context: { attempt?: number; signal: AbortSignal }) => {
      seen.push(context.attempt);
      expect(context.signal).toBeInstanceOf(AbortSignal);
      throw new Error('again');
    };
    const whole = wrapped ? cockatiel.wrap(outer, policy, cockatiel.noop) : policy;
    await Promise.resolve(whole.execute(operation)).catch(() => {});
    return seen;
  }

  it('a pipeline that makes no attempts leaves the number alone', async () => {
    const once = pipeline('x', timeout('1s'), circuitBreaker(), bulkhead());
    expect(await seenIn(toCockatiel(once))).toEqual([0, 1, 2]);
    expect(await seenIn(toCockatiel(pipeline('x', fallback(1))))).toEqual([0]);
    expect(await seenIn(toCockatiel(once), false)).toEqual([1]);
  });

  it('one that does counts its own, as an inner retry of cockatiel does', async () => {
    const twice = pipeline('x', retry({ maxRetries: 1, initialDelay: 0 }));
    expect(await seenIn(toCockatiel(twice))).toEqual([1, 2, 1, 2, 1, 2]);
    expect(await seenIn(toCockatiel(twice), false)).toEqual([1, 2]);
  });
});
