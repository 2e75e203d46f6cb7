import * as cockatiel3 from 'cockatiel';
import * as cockatiel4 from 'cockatiel4';
import { ConfigError, pipeline, retry } from 'holdfast';
import { fromCockatiel, toCockatiel } from 'holdfast/cockatiel';
import { describe, expect, it } from 'vitest';

// The two versions' types differ in private members; what is used of them here is the same.
const versions = [
  ['3.2.1', cockatiel3],
  ['4.0.0', cockatiel4 as unknown as typeof cockatiel3],
] as const;

describe.each(versions)('a layer of cockatiel %s', (_, cockatiel) => {
  function discarding(...layers: Parameters<typeof pipeline>[1][]) {
    const discarded: unknown[] = [];
    return {
      discarded,
      calls: pipeline({ name: 'calls', discard: (v) => discarded.push(v) }, ...layers),
    };
  }

  /** A Response that was retried was dropped with its body, and the body held its connection. */
  it('gives results that it runs again for to the discard hook', async () => {
    const again = cockatiel.retry(
      cockatiel.handleWhenResult((result) => (result as number) < 3),
      { maxAttempts: 5, backoff: new cockatiel.ConstantBackoff(0) },
    );
    const { discarded, calls } = discarding(fromCockatiel(again));
    let n = 0;
    expect(await calls.execute(() => ++n)).toBe(3);
    expect(discarded).toEqual([1, 2]);
  });

  it('and one in whose place it answers something else', async () => {
    const instead = cockatiel.fallback(
      cockatiel.handleWhenResult(() => true),
      'spare',
    );
    const { discarded, calls } = discarding(fromCockatiel(instead));
    expect(await calls.execute(() => 'poor')).toBe('spare');
    expect(discarded).toEqual(['poor']);
    const same = discarding(fromCockatiel(cockatiel.noop));
    expect(await same.calls.execute(() => 'good')).toBe('good');
    expect(same.discarded).toEqual([]);
  });

  /** Each first run of it was reported as the first attempt of the call. */
  it('inside a retry makes retries of the second attempt on', async () => {
    const calls = pipeline(
      'calls',
      retry({ maxRetries: 1, initialDelay: 0 }),
      fromCockatiel(cockatiel.noop),
    );
    const kinds: string[] = [];
    calls.on('attempt', ({ attempt, kind }) => kinds.push(`${attempt} ${kind}`));
    await calls.settle(() => Promise.reject(new Error('down')));
    expect(kinds).toEqual(['1 first', '2 retry']);
  });

  it('is made of a policy and known options only, and a policy of a pipeline only', () => {
    for (const options of [{ name: 5 }, { nam: 'old' }, null, 'old']) {
      expect(() => fromCockatiel(cockatiel.noop, options as { name?: string })).toThrow(
        ConfigError,
      );
    }
    expect(fromCockatiel(cockatiel.noop, { name: 'old' }).name).toBe('old');
    expect(() => toCockatiel({} as never)).toThrow(ConfigError);
  });
});
