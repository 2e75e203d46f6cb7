import fc from 'fast-check';
import {
  adaptiveLimiter,
  bulkhead,
  ConfigError,
  ConsecutiveBreaker,
  ConstantBackoff,
  circuitBreaker,
  ejection,
  fallback,
  handleAll,
  keyed,
  type Policy,
  pipeline,
  type RateLimiterPolicy,
  rateLimiter,
  retry,
  retryBudget,
  standard,
  systemClock,
  throttle,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

/**
 * Whatever is given as options: a policy that works, or a ConfigError that names path, value and remedy. Nothing else is
 * thrown, nothing hangs, and the object that was given is not changed.
 */

class Thing {
  readonly own = 1;
}

class Empty {
  readonly #own = 1;
  get own(): number {
    return this.#own;
  }
}

const thrower = (error: unknown): never => {
  throw error;
};

/** Values that are wrong almost everywhere, and some that are right somewhere. */
const awkward: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -1,
    -0,
    0,
    0.5,
    1,
    1.5,
    2 ** 31,
    2 ** 53,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    null,
    undefined,
    true,
    false,
    '',
    '5s',
    '-5s',
    '5 s',
    '1e3ms',
    'full',
    '__proto__',
    10n ** 40n,
    Symbol('mark'),
    [],
    [1, 2],
    {},
    { calls: 5 },
    { calls: 0 },
    { ratio: 0.5 },
    { next: 5 },
    new Thing(),
    new Empty(),
    new Map([['ratio', 1]]),
    new Date(0),
    Promise.resolve(1),
    /x/,
    new Proxy({}, { get: () => thrower(new Error('get')) }),
    new Proxy({}, { ownKeys: () => thrower('ownKeys') }),
    new Proxy({}, { getPrototypeOf: () => thrower(new Error('proto')) }),
    new Proxy(() => {}, {}),
    Object.freeze({ ratio: 0.1 }),
    Object.create(null),
    () => 1,
    async () => 1,
    class Foo {},
    handleAll,
    new ConstantBackoff(5),
    new ConsecutiveBreaker(2),
    retryBudget(),
    systemClock,
  ),
  fc.double(),
  fc.integer(),
  fc.string(),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
);

/** Values that the option may well have. */
const sensible: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  0,
  1,
  3,
  0.5,
  100,
  1000,
  '100ms',
  '5s',
  '1m',
  true,
  false,
  'equal',
  'none',
  'some name',
  undefined,
  () => true,
  () => 0,
  { calls: 100 },
  { ratio: 0.1, minPerSecond: 1 },
  handleAll,
  new ConstantBackoff(5),
  retryBudget(),
);

const keysOf = {
  retry: [
    'maxRetries',
    'initialDelay',
    'factor',
    'maxDelay',
    'jitter',
    'backoff',
    'delayFrom',
    'maxRetryAfter',
    'handle',
    'budget',
    'random',
    'name',
  ],
  retryBudget: ['ratio', 'minPerSecond'],
  timeout: ['duration', 'name'],
  rateLimiter: ['limit', 'per', 'burst', 'maxWait', 'dryRun', 'name'],
  bulkhead: ['maxConcurrent', 'maxQueued', 'maxWait', 'releaseOnAbandon', 'dryRun', 'name'],
  ejection: [
    'deviations',
    'minimumHosts',
    'minimumCalls',
    'window',
    'consecutiveFailures',
    'ejectFor',
    'maxEjectFor',
    'maxShare',
    'handle',
    'dryRun',
    'random',
    'name',
  ],
  throttle: [
    'requestsPerAccept',
    'window',
    'minimumCalls',
    'maxProbability',
    'handle',
    'dryRun',
    'random',
    'name',
  ],
  adaptiveLimiter: [
    'algorithm',
    'initialLimit',
    'minLimit',
    'maxLimit',
    'maxQueued',
    'maxWait',
    'priority',
    'handle',
    'releaseOnAbandon',
    'dryRun',
    'name',
  ],
  fallback: ['handle', 'name'],
  circuitBreaker: [
    'failureRate',
    'slowCallRate',
    'slowCallDuration',
    'window',
    'minimumCalls',
    'consecutiveFailures',
    'openFor',
    'maxOpenFor',
    'probes',
    'probeSuccessRate',
    'probeTimeout',
    'handle',
    'delayFrom',
    'breaker',
    'dryRun',
    'initialState',
    'random',
    'name',
  ],
  standard: [
    'rateLimiter',
    'totalTimeout',
    'retry',
    'circuitBreaker',
    'adaptiveLimiter',
    'bulkhead',
    'attemptTimeout',
    'isFailure',
  ],
  pipeline: ['name', 'clock', 'captureStack', 'discard', 'telemetry'],
  keyed: ['maxKeys', 'idleFor'],
} as const;

/** An object of options: known and unknown keys, and hostile ways to be an object. */
function optionsFor(keys: readonly string[]): fc.Arbitrary<unknown> {
  const key = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...keys) },
    { weight: 1, arbitrary: fc.string() },
    { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', 'maxRetry') },
  );
  const value = fc.oneof(
    { weight: 3, arbitrary: sensible },
    { weight: 2, arbitrary: awkward },
    {
      weight: 1,
      arbitrary: fc.dictionary(fc.constantFrom(...keysOf.retry, ...keysOf.bulkhead), awkward, {
        maxKeys: 3,
      }),
    },
  );
  const record = fc.array(fc.tuple(key, value), { maxLength: 4 }).map((entries) => {
    const options = {};
    for (const [name, each] of entries) {
      Object.defineProperty(options, name, {
        value: each,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return options as Record<string, unknown>;
  });
  const hostile = fc.tuple(record, key, fc.nat({ max: 6 })).map(([options, name, how]) => {
    switch (how) {
      case 0:
        return Object.freeze(options);
      case 1:
        return Object.defineProperty(options, name, {
          get: () => thrower(new Error('from a getter')),
          enumerable: true,
          configurable: true,
        });
      case 2:
        return new Proxy(options, { get: () => thrower('from a proxy') });
      case 3:
        return new Proxy(options, { ownKeys: () => thrower(new RangeError('keys')) });
      case 4:
        return Object.defineProperties(new Thing(), Object.getOwnPropertyDescriptors(options));
      case 5:
        return Object.setPrototypeOf(options, null);
      default:
        return Proxy.revocable(options, {}).proxy;
    }
  });
  return fc.oneof(
    { weight: 8, arbitrary: record },
    { weight: 3, arbitrary: hostile },
    { weight: 2, arbitrary: awkward },
  );
}

/** What was made, or the ConfigError; anything else fails the test. */
function attempt(make: () => unknown, path: string): unknown {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(
      error.path === path || error.path.startsWith(`${path}.`) || error.path.startsWith(`${path}[`),
    ).toBe(true);
    expect(error.message).toContain(error.path);
    expect(error.message).toMatch(
      /must|unknown option|has no effect|cannot be read|needs|leave|make a/,
    );
    expect(error.message.length).toBeLessThan(5_000);
    expect(error.issues.length).toBeGreaterThan(0);
    for (const issue of error.issues) {
      expect(issue.message).not.toMatch(/Invalid|\[object/);
      if (issue.value !== undefined) expect(issue.message).not.toContain('undefined');
      expect(typeof issue.path).toBe('string');
    }
    expect('value' in error).toBe(true);
    return undefined;
  }
}

/** In virtual time, and ended at some point: options that retry what succeeds, minutes apart or for ever, are no fault. */
async function settled(policies: readonly Policy[]): Promise<PromiseSettledResult<string>> {
  const clock = new VirtualClock();
  const enough = new AbortController();
  let attempts = 0;
  const operation = () => {
    attempts += 1;
    if (attempts === 10) enough.abort();
    return 'good';
  };
  const made = pipeline({ name: 'works', clock }, ...policies);
  return clock.runUntil(made.settle(operation, { signal: enough.signal }));
}

/** A call through it: it must be a policy, and not only look like one. */
async function works(
  policy: ReturnType<typeof retry | typeof bulkhead | typeof rateLimiter>,
): Promise<void> {
  const result = await settled([policy]);
  // A filter that was accepted may throw when it is asked, a breaker may be isolated: the call still settles.
  expect(['fulfilled', 'rejected']).toContain(result.status);
}

const RUNS = 1_000;

describe.each<[keyof typeof keysOf, (options: never) => unknown]>([
  ['retry', retry],
  ['timeout', timeout],
  ['bulkhead', bulkhead],
  ['rateLimiter', rateLimiter as (options?: object) => RateLimiterPolicy],
  ['ejection', ejection],
  ['throttle', throttle],
  ['adaptiveLimiter', adaptiveLimiter],
  ['fallback', (options: never) => fallback('spare', options)],
  ['circuitBreaker', circuitBreaker],
])('any options of %s()', (name, make) => {
  it('make a policy that works, or a ConfigError with path, value and remedy', async () => {
    await fc.assert(
      fc.asyncProperty(optionsFor(keysOf[name]), async (options) => {
        const policy = attempt(() => make(options as never), name);
        if (policy !== undefined) await works(policy as ReturnType<typeof retry>);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('any options', () => {
  it('of retryBudget() make a budget that works, or a ConfigError', () => {
    fc.assert(
      fc.property(optionsFor(keysOf.retryBudget), (options) => {
        const budget = attempt(() => retryBudget(options as never), 'retryBudget');
        if (budget === undefined) return;
        const { balance } = budget as ReturnType<typeof retryBudget>;
        expect(balance.call(budget, 0)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: RUNS },
    );
  });

  it('of standard() make policies that work, or a ConfigError', async () => {
    await fc.assert(
      fc.asyncProperty(optionsFor(keysOf.standard), async (options) => {
        const policies = attempt(() => standard(options as never), 'standard');
        if (policies === undefined) return;
        const result = await settled(policies as ReturnType<typeof standard>);
        expect(['fulfilled', 'rejected']).toContain(result.status);
      }),
      { numRuns: RUNS },
    );
  });

  it('of pipeline() make a pipeline that works, or a ConfigError', async () => {
    await fc.assert(
      fc.asyncProperty(optionsFor(keysOf.pipeline), async (options) => {
        const made = attempt(() => pipeline(options as never), 'pipeline');
        if (made === undefined) return;
        const { execute } = made as ReturnType<typeof pipeline>;
        expect(await execute.call(made, () => 'good')).toBe('good');
      }),
      { numRuns: RUNS },
    );
  });

  it('of pipeline() with any layers, too', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(awkward, fc.constantFrom(retry(), {})), { maxLength: 3 }),
        (layers) => {
          attempt(() => pipeline('p', ...(layers as [])), 'pipeline');
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('of keyed() make copies that work, or a ConfigError', async () => {
    const template = pipeline('template', retry());
    await fc.assert(
      fc.asyncProperty(optionsFor(keysOf.keyed), awkward, async (options, other) => {
        attempt(() => keyed(other as never), 'keyed');
        const made = attempt(() => keyed(template, options as never), 'keyed');
        if (made === undefined) return;
        const { execute } = made as ReturnType<typeof keyed>;
        expect(await execute.call(made, 'a', () => 'good')).toBe('good');
      }),
      { numRuns: RUNS },
    );
  });
});

it('G10: options are read once, and neither changed nor kept', async () => {
  const reads: string[] = [];
  const counting = (options: object) =>
    new Proxy(Object.freeze(options), {
      get(target, key, receiver) {
        reads.push(String(key));
        return Reflect.get(target, key, receiver) as unknown;
      },
    });
  retry(counting({ maxRetries: 1, handle: handleAll, backoff: () => 5, budget: { ratio: 1 } }));
  expect(reads.sort()).toEqual(['backoff', 'budget', 'handle', 'maxRetries']);
  const options = { maxConcurrent: 1, maxQueued: 1 };
  const policy = bulkhead(options);
  options.maxConcurrent = 50;
  expect(policy.snapshot().maxConcurrent).toBe(1);
});
