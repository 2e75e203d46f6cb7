import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Copy, type Pair, thatDoNotFit } from './support/pairs.js';

/** A policy of a copy that speaks another contract would break in some call, and not say why. */
describe('two copies whose versions do not fit', () => {
  let pair: Pair;
  let one: Copy;
  let other: Copy;

  beforeAll(async () => {
    pair = await thatDoNotFit();
    one = pair.one;
    other = pair.other;
  }, 180_000);
  afterAll(() => pair.remove());

  /** What is said to be wrong where. */
  function refusal(make: () => unknown): unknown {
    try {
      make();
    } catch (error) {
      const { name, code, path, message } = error as InstanceType<Copy['core']['ConfigError']>;
      expect([name, code]).toEqual(['ConfigError', 'ERR_CONFIG']);
      expect(message).toMatch(/9\.9\.9 \(contract 99\).*does not fit.*npm ls holdfast/);
      return `${path}: ${/this (\w+) is of another copy/.exec(message)?.[1]}`;
    }
    return 'nothing';
  }

  it('G18: a policy is refused by name, with the remedy', () => {
    const { core } = one;
    const theirs = other.core;
    const made = [
      theirs.retry(),
      theirs.circuitBreaker(),
      theirs.timeout(5),
      theirs.bulkhead(),
      theirs.rateLimiter({ limit: 1 }),
      theirs.adaptiveLimiter(),
      theirs.throttle(),
      theirs.fallback(1),
      theirs.pipeline('x'),
    ];
    expect(
      made.map((layer) => refusal(() => core.pipeline('calls', core.timeout(5), layer))),
    ).toEqual(
      [
        'retry',
        'circuit_breaker',
        'timeout',
        'bulkhead',
        'rate_limiter',
        'adaptive_limiter',
        'throttle',
        'fallback',
        'pipeline',
      ].map((kind) => `pipeline.policies[1]: ${kind}`),
    );
  });

  it('G18: a pipeline is refused wherever one is taken', () => {
    const theirs = other.core.pipeline('theirs');
    const { resilientFetch } = one.fetch;
    expect([
      refusal(() => one.core.keyed(theirs)),
      refusal(() => one.cockatiel.toCockatiel(theirs)),
      refusal(() => resilientFetch({ policies: theirs })),
      refusal(() => resilientFetch({ policies: [theirs] })),
      refusal(() => resilientFetch({ policies: [other.core.retry()] })),
      refusal(() => one.testing.startOver(theirs)),
      refusal(() => one.testing.startOver(other.core.bulkhead())),
    ]).toEqual([
      'keyed: pipeline',
      'toCockatiel: pipeline',
      'pipeline.policies[0]: pipeline',
      'pipeline.policies[0]: pipeline',
      'pipeline.policies[0]: retry',
      'startOver: pipeline',
      'startOver: bulkhead',
    ]);
  });

  it('G18: errors are known all the same', async () => {
    const theirs = other.core.pipeline('theirs', other.core.bulkhead({ maxConcurrent: 1 }));
    void theirs.execute(() => new Promise(() => {}));
    const mine = one.core.pipeline('mine', one.core.retry());
    let attempts = 0;
    const call = mine.execute(() => {
      attempts++;
      return theirs.execute(() => 1);
    });
    await expect(call).rejects.toThrow(one.core.BulkheadFullError);
    expect(attempts).toBe(1);
  });
});
