import { adaptiveLimiter, ConfigError, pipeline } from 'holdfast';
import { describe, expect, it } from 'vitest';

const wrong = (options: unknown): ConfigError => {
  try {
    adaptiveLimiter(options as object);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('it was accepted');
};

const NO_QUEUE = 'has no effect without a queue: set maxQueued to at least 1, or leave it out';

describe('options', () => {
  it.each<[object, string, string]>([
    [
      { algorithm: 'bbr' },
      'algorithm',
      `must be 'brake', 'gradient', 'vegas' or 'aimd' (got "bbr")`,
    ],
    [{ initialLimit: 0 }, 'initialLimit', 'must be a whole number >= 1 (got 0)'],
    [{ minLimit: 0 }, 'minLimit', 'must be a whole number >= 1 (got 0)'],
    [{ maxLimit: 1.5 }, 'maxLimit', 'must be a whole number >= 1 (got 1.5)'],
    [
      { minLimit: 30, initialLimit: 20 },
      'initialLimit',
      'must not be below minLimit (30) (got 20)',
    ],
    [
      { maxLimit: 10, initialLimit: 20 },
      'initialLimit',
      'must not be above maxLimit (10) (got 20)',
    ],
    [
      { minLimit: 10, maxLimit: 5 },
      'minLimit',
      'minLimit (10) must not be above maxLimit (5) (got 10)',
    ],
    [{ maxQueued: -1 }, 'maxQueued', 'must be a whole number >= 0 (got -1)'],
    [{ maxQueued: 1, maxWait: 0 }, 'maxWait', 'must be a duration longer than 0 (got 0)'],
    [{ maxQueued: 0, maxWait: '1s' }, 'maxWait', `${NO_QUEUE} (got "1s")`],
    [{ maxQueued: 0, priority: () => 1 }, 'priority', `${NO_QUEUE} (got a function)`],
    [{ algorithm: 'gradient', maxWait: '1s' }, 'maxWait', `${NO_QUEUE} (got "1s")`],
    [{ algorithm: 'aimd', priority: () => 1 }, 'priority', `${NO_QUEUE} (got a function)`],
    [{ maxQueued: 1, priority: 5 }, 'priority', 'must be a function (got 5)'],
    [
      { limit: 5 },
      'limit',
      'unknown option "limit"; the options are algorithm, initialLimit, minLimit, maxLimit, maxQueued, maxWait, priority, handle, releaseOnAbandon, dryRun, name',
    ],
    [
      { maxConcurrency: 5 },
      'maxConcurrency',
      'unknown option "maxConcurrency": did you mean "maxLimit"?',
    ],
    [
      { maxConcurrent: 5 },
      'maxConcurrent',
      'unknown option "maxConcurrent": did you mean "maxLimit"?',
    ],
  ])('%j is a mistake', (options, key, message) => {
    const error = wrong(options);
    expect(error.path).toBe(`adaptiveLimiter.${key}`);
    expect(error.message).toBe(`adaptiveLimiter.${key}: ${message}`);
  });

  it.each([
    [{}, 10_000, 20],
    [{ maxLimit: 10 }, 10, 10],
    [{ minLimit: 50 }, 10_000, 50],
    [{ minLimit: 500 }, 10_000, 500],
    [{ minLimit: 20_000 }, 20_000, 20_000],
    [{ maxLimit: 2 }, 2, 2],
    [{ initialLimit: 1 }, 1, 1],
    [{ initialLimit: 1_000 }, 1_000, 1_000],
    [{ initialLimit: 20_000 }, 20_000, 20_000],
  ])(
    '%j is fine, as one bound need not be given with the other: starts at %d (brake), or %d (others)',
    (options, brake, others) => {
      expect(adaptiveLimiter(options).snapshot().limit).toBe(brake);
      for (const algorithm of ['gradient', 'vegas', 'aimd'] as const) {
        expect(adaptiveLimiter({ algorithm, ...options }).snapshot().limit).toBe(others);
      }
    },
  );

  it('G10: are read once, and not kept or changed', () => {
    const reads: string[] = [];
    const given = { maxLimit: 10, minLimit: 2 };
    const options = new Proxy(Object.freeze({ ...given }), {
      get(target, key, receiver) {
        reads.push(String(key));
        return Reflect.get(target, key, receiver) as unknown;
      },
    });
    const policy = adaptiveLimiter(options);
    expect(reads.sort()).toEqual(['maxLimit', 'minLimit']);
    expect(policy.fork().snapshot().limit).toBe(10);
  });

  it('the name is that in events, errors and telemetry', async () => {
    const made = pipeline(
      'p',
      adaptiveLimiter({ name: 'stock', maxLimit: 1, maxQueued: 0, dryRun: false }),
    );
    const refused = await made.execute(() => made.settle(() => 1));
    expect(refused).toMatchObject({ reason: { policy: 'stock' } });
  });
});
