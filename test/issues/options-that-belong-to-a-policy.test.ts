import { ConfigError, pipeline, retry, standard } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { describe, expect, it } from 'vitest';

/** `resilientFetch({ retries: 3, timeout: '5s' })` was refused with a list of all options, among which there is no place for a retry. */

function refusalOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  return 'It was taken';
}

const CLIENTS: readonly (readonly [string, (options: object) => unknown])[] = [
  ['resilientFetch', (options) => resilientFetch(options)],
  ['resilientRequest', (options) => resilientRequest(options)],
  ['resilience', (options) => resilience(options)],
];

/** What to write in place of options that go to the policies, from the options of the standard ones on. */
const PLACES: readonly (readonly [object, place: string, written: string])[] = [
  [{ retries: 3 }, 'retry.maxRetries', '{ retry: { maxRetries: 3 } }'],
  [{ maxRetries: 0 }, 'retry.maxRetries', '{ retry: { maxRetries: 0 } }'],
  [{ retryLimit: { of: 1 } }, 'retry.maxRetries', '{ retry: { maxRetries: … } }'],
  [{ retryDelay: '100ms' }, 'retry.initialDelay', "{ retry: { initialDelay: '100ms' } }"],
  [{ backoff: 'exponential' }, 'retry.backoff', '{ retry: { backoff: … } }'],
  [{ maxBackoff: 5_000 }, 'retry.maxDelay', '{ retry: { maxDelay: 5000 } }'],
  [{ failureRate: 0.5 }, 'circuitBreaker.failureRate', '{ circuitBreaker: { failureRate: … } }'],
  [{ resetTimeout: 1 }, 'circuitBreaker.openFor', '{ circuitBreaker: { openFor: … } }'],
  [{ concurrency: 8 }, 'bulkhead.maxConcurrent', '{ bulkhead: { maxConcurrent: 8 } }'],
  [{ requestsPerSecond: 9 }, 'rateLimiter.limit', '{ rateLimiter: { limit: … } }'],
];

describe.each(CLIENTS)('%s', (name, make) => {
  it.each(PLACES)('G7: of %j says where it goes', (options, place, written) => {
    const [option = ''] = Object.keys(options);
    expect(refusalOf(() => make(options))).toBe(
      `${name}.${option}: unknown option "${option}": did you mean "policies.${place}"? Write { policies: ${written} }`,
    );
  });

  it.each([
    [{ requestTimeout: '5s' }, 'totalTimeout', "'5s'"],
    [{ requestTimeout: 5_000 }, 'totalTimeout', '5000'],
    [{ requestTimeout: '5 s' }, 'totalTimeout', '…'],
    [{ totalTimeout: '5s' }, 'totalTimeout', "'5s'"],
    [{ attemptTimeout: '1s' }, 'attemptTimeout', "'1s'"],
    [{ perTryTimeout: '1s' }, 'attemptTimeout', "'1s'"],
    [{ retry: { maxRetries: 2 } }, 'retry', '…'],
    [{ retry: false }, 'retry', '…'],
    [{ circuitBreaker: {} }, 'circuitBreaker', '…'],
    [{ breaker: {} }, 'circuitBreaker', '…'],
    [{ rateLimit: {} }, 'rateLimiter', '…'],
    [{ bulkhead: {} }, 'bulkhead', '…'],
    [{ adaptiveLimiter: false }, 'adaptiveLimiter', '…'],
  ])('G7: of %j says to which policy it belongs', (options, place, value) => {
    const [option = ''] = Object.keys(options);
    expect(refusalOf(() => make(options as object))).toBe(
      `${name}.${option}: unknown option "${option}": did you mean "policies.${place}"? Write { policies: { ${place}: ${value} } }`,
    );
  });

  it.each([
    [{ attempts: 3 }, 2],
    [{ maxAttempts: 1 }, 0],
    [{ tries: 0 }, 0],
  ])('G7: of %j says that attempts are no retries', (options, retries) => {
    expect(refusalOf(() => make(options as object))).toMatch(
      `did you mean "policies.retry.maxRetries", which does not count the first attempt? Write { policies: { retry: { maxRetries: ${retries} } } }`,
    );
  });

  it('G7: a number of retries is no options of the retry', () => {
    expect(refusalOf(() => make({ retry: 3 } as object))).toMatch(
      /did you mean "policies\.retry\.maxRetries"\? Write \{ policies: \{ retry: \{ maxRetries: 3 \} \} \}$/,
    );
  });

  it('G7: several are each told', () => {
    const text = refusalOf(() => make({ retries: 3, timeout: '5s' } as object));
    expect(text.split('\n')).toEqual([
      `${name}: 2 options are wrong`,
      `- ${name}.retries: unknown option "retries": did you mean "policies.retry.maxRetries"? Write { policies: { retry: { maxRetries: 3 } } }`,
      `- ${name}.timeout: unknown option "timeout": did you mean "policies.totalTimeout" (the whole call) or "policies.attemptTimeout" (each attempt)? Write { policies: { totalTimeout: '5s' } }`,
    ]);
  });

  it.each([
    [{ isFailure: () => true }, 'classify'],
    [{ shouldRetry: () => true }, 'classify'],
    [{ statusCodes: [500] }, 'classify'],
    [{ methods: ['GET'] }, 'idempotent'],
    [{ hooks: {} }, 'beforeAttempt'],
    [{ metrics: false }, 'telemetry'],
  ])('G7: of %j says what the client calls it', (options, meant) => {
    expect(refusalOf(() => make(options as object))).toMatch(`did you mean "${meant}"?`);
  });

  it('G7: a policy that is not among the standard ones goes to a list', () => {
    expect(refusalOf(() => make({ fallback: [] } as object))).toBe(
      `${name}.fallback: unknown option "fallback"; policies of your own go to "policies", as a list: [fallback(value), ...standard()]`,
    );
  });
});

it.each([{ prefixUrl: 'http://x' }, { base: 'http://x' }, { baseURL: 'http://x' }])(
  'G7: %j is baseUrl',
  (options) => {
    expect(refusalOf(() => resilientFetch(options as object))).toMatch('did you mean "baseUrl"?');
  },
);

it.each(PLACES)('G7: standard() says of %j where it goes', (options, place, written) => {
  const [option = ''] = Object.keys(options);
  const text = `${option}: unknown option "${option}": did you mean "${place}"? Write ${written}`;
  expect(refusalOf(() => standard(options))).toBe(`standard.${text}`);
  expect(refusalOf(() => resilientFetch({ policies: options }))).toBe(
    `resilientFetch.policies.${text}`,
  );
});

it('G7: standard() says which timeouts there are', () => {
  expect(refusalOf(() => standard({ timeout: '5s' } as object))).toBe(
    'standard.timeout: unknown option "timeout": did you mean "totalTimeout" (the whole call) or "attemptTimeout" (each attempt)?',
  );
});

it.each([
  [{ limit: 3 }, 'maxRetries'],
  [{ retryDelay: 3 }, 'initialDelay'],
  [{ backoffLimit: 3 }, 'maxDelay'],
  [{ tries: 3 }, 'maxRetries", which does not count the first attempt'],
])('G7: the options of one policy are told within it: %j', (options, meant) => {
  expect(refusalOf(() => retry(options as object))).toContain(`did you mean "${meant}`);
  const nested = () => resilientFetch({ policies: { retry: options as object } });
  expect(refusalOf(nested)).toContain(`did you mean "${meant}`);
});

it.each([
  { timeout: '5s' },
  { retries: 3 },
  { retry: { maxRetries: 3 } },
  { rate: 5 },
  { policies: [] },
  { fallback: 1 },
  { bulkhead: {} },
  { factor: 2 },
  { randomize: true },
  { connections: 8 },
])('G7: pipeline() says of %j that policies come after the options', (options) => {
  expect(refusalOf(() => pipeline({ name: 'x', ...options }))).toContain(
    "; policies come after the options, as in pipeline({ name: 'x' }, timeout('5s'), retry())",
  );
});

it('G7: the overrides of a call say it, too', async () => {
  const fetch = resilientFetch({ fetch: async (_url: string) => new Response() });
  const call = (own: object) => fetch('http://stock.test', {}, own);
  await expect(call({ timeout: '5s' })).rejects.toThrow(
    'did you mean "totalTimeout" (the whole call)',
  );
  await expect(call({ retries: 1 })).rejects.toThrow(
    'did you mean "retry.maxRetries"? Write { retry: { maxRetries: 1 } }',
  );
});

it('G7: what is a slip of the pen, or nothing known, is told as before', () => {
  expect(refusalOf(() => resilientFetch({ bodyTimeot: 1 } as object))).toMatch('"bodyTimeout"?');
  expect(refusalOf(() => resilientFetch({ constructor: 1 } as object))).toMatch('the options are');
  expect(refusalOf(() => standard({ toString: 1 } as object))).toMatch('the options are');
});

describe('policies that go beside the standard ones', () => {
  it.each(['hedge', 'chaos'])(
    'G7: %s is a policy of its own, and the message shows its place',
    (option) => {
      const options = { [option]: {} };
      expect(refusalOf(() => standard(options))).toMatch(
        new RegExp(`^standard\\.${option}: unknown option .*goes to the pipeline .*${option}\\(`),
      );
      for (const [name, make] of CLIENTS) {
        expect(refusalOf(() => make(options))).toMatch(
          new RegExp(`^${name}\\.${option}: unknown option .*goes to "policies" .*${option}\\(`),
        );
      }
    },
  );
});
