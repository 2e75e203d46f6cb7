import fc from 'fast-check';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { parseData } from '../../src/config/plain-data.js';
import { count, fnOf, policyName, positiveCount, rate } from '../../src/config/schemas.js';
import { ConfigError } from '../../src/errors.js';
import { durationSchema } from '../../src/time/duration.js';

class Budget {
  readonly size = 1;
}

const schema = z
  .strictObject({
    maxRetries: z._default(count(), 3),
    minimumCalls: z._default(positiveCount(), 20),
    failureRate: z.optional(rate()),
    openFor: z._default(durationSchema(), 5_000),
    jitter: z.optional(z.enum(['full', 'equal', 'none'])),
    handle: z.optional(fnOf()),
    name: z.optional(policyName()),
    window: z.optional(z.union([durationSchema(), z.strictObject({ calls: positiveCount() })])),
    form: z.optional(
      z.union([z.number(), z.strictObject({ deep: z.strictObject({ limit: positiveCount() }) })]),
    ),
    hooks: z.optional(z.strictObject({ discard: z.optional(fnOf()) })),
    budget: z.optional(
      z.union(
        [z.instanceof(Budget), z.strictObject({ ratio: z.optional(rate()) }), z.literal(false)],
        { error: 'must be the options of a budget, a budget, or false' },
      ),
    ),
    nested: z.optional(z.strictObject({ deep: z.strictObject({ limit: positiveCount() }) })),
    steps: z.optional(z.array(z.strictObject({ after: durationSchema() })).check(z.maxLength(3))),
  })
  .check(
    z.refine((options) => options.maxRetries !== 13, {
      path: ['maxRetries'],
      error: 'must not be 13: it brings bad luck',
    }),
  );
const schemaOf = () => schema;

function errorOf(input: unknown): ConfigError {
  try {
    parseData(schemaOf, input, 'retry');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('it was accepted');
}

describe('parseOptions', () => {
  it('fills in defaults, and returns an object of its own', () => {
    const input = { maxRetries: 1 };
    const options = parseData(schemaOf, input, 'retry');
    expect(options).toEqual({ maxRetries: 1, minimumCalls: 20, openFor: 5_000 });
    expect(options).not.toBe(input);
    expect(parseData(schemaOf, {}, 'retry')).toEqual(parseData(schemaOf, undefined, 'retry'));
    expectTypeOf(options.openFor).toEqualTypeOf<number>();
    expectTypeOf(options.failureRate).toEqualTypeOf<number | undefined>();
  });

  it('takes undefined for an option that is left out', () => {
    const input = { maxRetries: undefined, failureRate: undefined, window: undefined };
    expect(parseData(schemaOf, input, 'retry')).toMatchObject({ maxRetries: 3 });
  });

  it('takes other input than objects where the schema does', () => {
    expect(parseData(durationSchema, '5s', 'timeout')).toBe(5_000);
    expect(() => parseData(durationSchema, undefined, 'timeout')).toThrow(
      /^timeout: must be a duration: .*, and is missing$/,
    );
    const budget = new Budget();
    expect(parseData(() => z.instanceof(Budget), budget, 'retry')).toBe(budget);
  });

  it.each<[string, unknown, string, unknown]>([
    ['maxRetries', -1, 'must be a whole number >= 0 (got -1)', -1],
    ['maxRetries', 1.5, 'must be a whole number >= 0 (got 1.5)', 1.5],
    ['maxRetries', '3', 'must be a whole number >= 0 (got "3")', '3'],
    ['maxRetries', null, 'must be a whole number >= 0 (got null)', null],
    ['maxRetries', Number.NaN, 'must be a whole number >= 0 (got NaN)', Number.NaN],
    ['maxRetries', 3n, 'must be a whole number >= 0 (got 3n)', 3n],
    ['minimumCalls', 0, 'must be a whole number >= 1 (got 0)', 0],
    ['minimumCalls', 2 ** 60, 'must be a whole number >= 1 (got 1152921504606847000)', 2 ** 60],
    ['failureRate', 50, 'must be a number from 0 to 1 (got 50)', 50],
    ['failureRate', -0.1, 'must be a number from 0 to 1 (got -0.1)', -0.1],
    [
      'failureRate',
      Number.POSITIVE_INFINITY,
      'must be a number from 0 to 1 (got Infinity)',
      Infinity,
    ],
    ['jitter', 'ful', 'must be one of "full", "equal", "none" (got "ful")', 'ful'],
    ['handle', 'x', 'must be a function (got "x")', 'x'],
    ['name', 5, 'must be a string (got 5)', 5],
    ['budget', true, 'must be the options of a budget, a budget, or false (got true)', true],
    ['maxRetries', 13, 'must not be 13: it brings bad luck (got 13)', 13],
    ['nested', 5, 'must be an object with options (got 5)', 5],
    ['steps', {}, 'must be an array (got {})', {}],
  ])('names path, value and remedy: %s', (key, value, text, given) => {
    const error = errorOf({ [key]: value });
    expect(error.message).toBe(`retry.${key}: ${text}`);
    expect(error).toMatchObject({ path: `retry.${key}`, policy: 'retry', code: 'ERR_CONFIG' });
    expect(error.value).toEqual(given);
  });

  it('names the path into nested objects, arrays and forms', () => {
    expect(errorOf({ nested: { deep: { limit: 0 } } }).message).toBe(
      'retry.nested.deep.limit: must be a whole number >= 1 (got 0)',
    );
    expect(errorOf({ nested: { deep: {} } }).message).toBe(
      'retry.nested.deep.limit: must be a whole number >= 1, and is missing',
    );
    expect(errorOf({ steps: [{ after: 1 }, { after: -1 }] }).path).toBe('retry.steps[1].after');
    expect(errorOf({ hooks: { discard: 5 } }).message).toBe(
      'retry.hooks.discard: must be a function (got 5)',
    );
    expect(errorOf({ window: { calls: 0 } }).message).toBe(
      'retry.window.calls: must be a whole number >= 1 (got 0)',
    );
    expect(errorOf({ budget: { ratio: 7 } }).path).toBe('retry.budget.ratio');
    expect(errorOf({ steps: [1, 2, 3, 4].map((after) => ({ after })) }).message).toBe(
      'retry.steps: must have <= 3 items (got an array)',
    );
  });

  it('tells all forms that are allowed when none is near', () => {
    expect(errorOf({ window: true }).message).toMatch(
      /^retry\.window: must be a duration: .*, or an object with options \(got true\)$/,
    );
  });

  it.each([
    [{ maxRetrys: 2 }, 'retry', 'maxRetrys', 'maxRetries'],
    [{ maxretries: 2 }, 'retry', 'maxretries', 'maxRetries'],
    [{ retries: 2 }, 'retry', 'retries', 'maxRetries'],
    [{ openFr: 2 }, 'retry', 'openFr', 'openFor'],
    [{ nested: { deep: { limti: 1, limit: 1 } } }, 'retry.nested.deep', 'limti', 'limit'],
    [{ window: { cals: 1, calls: 1 } }, 'retry.window', 'cals', 'calls'],
    [{ form: { deep: { limti: 1, limit: 1 } } }, 'retry.form.deep', 'limti', 'limit'],
    [{ budget: { ration: 0.2 } }, 'retry.budget', 'ration', 'ratio'],
    [{ steps: [{ after: 1, aftr: 2 }] }, 'retry.steps[0]', 'aftr', 'after'],
  ])('guesses the key that was meant: %j', (input, at, key, meant) => {
    const error = errorOf(input);
    expect(error.path).toBe(`${at}.${key}`);
    expect(error.message).toBe(`${at}.${key}: unknown option "${key}": did you mean "${meant}"?`);
  });

  it('lists the options when no key is near', () => {
    const error = errorOf({ nested: { zzz: 1, deep: { limit: 1 } } });
    expect(error.message).toBe('retry.nested.zzz: unknown option "zzz"; the options are deep');
    expect(error.value).toBe(1);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])(
    'takes %j for an unknown option like any other',
    (key) => {
      const error = errorOf(JSON.parse(`{"${key}": {"maxRetries": 1}}`));
      expect(error.message).toContain(`unknown option "${key}"`);
    },
  );

  it('tells all mistakes at once', () => {
    const error = errorOf({ maxRetries: -1, failureRate: 2, foo: 1 });
    expect(error.issues.map((issue) => issue.path)).toEqual([
      'retry.maxRetries',
      'retry.failureRate',
      'retry.foo',
    ]);
    expect(error.message).toMatch(/^retry: 3 options are wrong\n- retry\.maxRetries: .*\n- .*\n- /);
    expect(error).toMatchObject({ path: 'retry.maxRetries', value: -1 });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['[]', []],
    ['[1]', [1]],
    ['a number', 5],
    ['a text', 'x'],
    ['a symbol', Symbol('s')],
    ['a function', () => {}],
    ['a bigint', 10n ** 1_000n],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['an instance', new Budget()],
    ['an object that inherits options', Object.create({ maxRetries: 1 })],
  ])('is a ConfigError for %s in place of options', (_, input) => {
    const error = errorOf(input);
    expect(error.message).toMatch(
      /^retry: (must be an object with options|must be a plain object|cannot be read)/,
    );
    expect(error.message.length).toBeLessThan(200);
    expect(error.path).toBe('retry');
    expect(error.value).toBe(input);
  });

  it('is a ConfigError for Proxies that cannot be read', () => {
    for (const input of [revoked(), throwing()]) {
      const error = errorOf(input);
      expect(error.message).toMatch(/^retry: cannot be read: /);
      expect(error.value).toBe(input);
    }
  });

  it('names the option whose getter throws', () => {
    const input = {
      get maxRetries(): number {
        throw new Error('not today');
      },
    };
    expect(errorOf(input).message).toBe('retry.maxRetries: cannot be read: not today');
  });

  it('is a ConfigError whatever is thrown by a getter', () => {
    const things = [
      undefined,
      null,
      'x',
      Symbol('s'),
      {},
      revoked(),
      { message: 5 },
      hostileError(),
    ];
    for (const thrown of things) {
      const top = Object.defineProperty({}, 'maxRetries', {
        get() {
          throw thrown;
        },
        enumerable: true,
      });
      expect(errorOf(top).message).toMatch(/^retry\.maxRetries: cannot be read: /);
      expect(errorOf({ nested: top }).message).toMatch(/^retry: cannot be read|unknown option/);
    }
  });

  it('does not read for ever', () => {
    const keys = Array.from({ length: 100_000 }, (_, i) => `k${i}`);
    const read = vi.fn();
    const input = new Proxy(
      {},
      {
        ownKeys: () => keys,
        get: read,
      },
    );
    expect(errorOf(input).message).toMatch(/too many keys/);
    expect(read).not.toHaveBeenCalled();
  });

  it('G10: reads each option once, nested ones too', () => {
    const reads: string[] = [];
    const input = {
      get maxRetries() {
        reads.push('maxRetries');
        return 1;
      },
      get nested() {
        reads.push('nested');
        return {
          get deep() {
            reads.push('deep');
            return { limit: 4 };
          },
        };
      },
    };
    expect(parseData(schemaOf, input, 'retry')).toMatchObject({
      maxRetries: 1,
      nested: { deep: { limit: 4 } },
    });
    expect(reads).toEqual(['maxRetries', 'nested', 'deep']);
  });

  it('G10: neither keeps nor changes the input, which may be frozen', () => {
    const nested = { deep: { limit: 4 } };
    const steps = [{ after: 1 }];
    const input = { maxRetries: 1, nested, steps };
    const options = parseData(schemaOf, input, 'retry');
    expect(input).toEqual({ maxRetries: 1, nested: { deep: { limit: 4 } }, steps: [{ after: 1 }] });
    input.maxRetries = 2;
    nested.deep.limit = 5;
    (steps[0] as { after: number }).after = 9;
    expect(options).toMatchObject({
      maxRetries: 1,
      nested: { deep: { limit: 4 } },
      steps: [{ after: 1 }],
    });

    const frozen = Object.freeze({ maxRetries: 2, nested: Object.freeze({ deep: { limit: 1 } }) });
    expect(parseData(schemaOf, frozen, 'retry')).toMatchObject({ maxRetries: 2 });
  });

  it('does not see what somebody put on Object.prototype', () => {
    Object.defineProperty(Object.prototype, 'maxRetries', {
      value: 99,
      writable: true,
      configurable: true,
    });
    try {
      expect(parseData(schemaOf, {}, 'retry').maxRetries).toBe(3);
      expect(parseData(schemaOf, undefined, 'retry').maxRetries).toBe(3);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'maxRetries');
    }
  });

  it('reads options of other realms and without prototype', () => {
    const bare = Object.assign(Object.create(null), { maxRetries: 7 });
    expect(parseData(schemaOf, bare, 'retry').maxRetries).toBe(7);
    const hidden = Object.defineProperty({}, 'maxRetries', { value: 8, enumerable: false });
    expect(parseData(schemaOf, hidden, 'retry').maxRetries).toBe(8);
    expect(parseData(schemaOf, { [Symbol('tag')]: 1, maxRetries: 9 }, 'retry').maxRetries).toBe(9);
  });

  it('gives options or a ConfigError for anything, and nothing else', () => {
    const key = fc.oneof(
      fc.constantFrom(...Object.keys(schema.shape), '__proto__', 'maxRetrys'),
      fc.string(),
    );
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withNullPrototype: true,
      withObjectString: true,
    });
    fc.assert(
      fc.property(fc.oneof(value, fc.dictionary(key, value)), (input) => {
        try {
          const options = parseData(schemaOf, input, 'retry');
          expect(schema.safeParse(options).success).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          const { message, path, issues } = error as ConfigError;
          expect(message.length).toBeLessThan(400 * issues.length + 100);
          expect(path.startsWith('retry')).toBe(true);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function throwing(): unknown {
  const fail = () => {
    throw new Error('trap');
  };
  return new Proxy({}, { get: fail, ownKeys: fail, getPrototypeOf: fail, has: fail });
}

function hostileError(): unknown {
  return Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error('inner');
    },
  });
}

describe('parseOptions with schemas that bring no texts of their own', () => {
  it.each<[string, z.ZodMiniType, unknown, string]>([
    ['a number', z.number(), 'x', 'must be a finite number (got "x")'],
    ['a number', z.number(), Number.NaN, 'must be a finite number (got NaN)'],
    ['a whole number', z.int(), 1.5, 'must be a whole number (got 1.5)'],
    ['a string', z.string(), 5, 'must be a string (got 5)'],
    ['a flag', z.boolean(), 'yes', 'must be true or false (got "yes")'],
    ['a record', z.record(z.string(), z.number()), 5, 'must be an object (got 5)'],
    ['another type', z.date(), 5, 'must be of type date (got 5)'],
    ['a literal', z.literal('a'), 'b', 'must be "a" (got "b")'],
    ['a least', z.number().check(z.minimum(2)), 1, 'must be >= 2 (got 1)'],
    ['more than', z.number().check(z.gt(2)), 2, 'must be > 2 (got 2)'],
    ['a most', z.number().check(z.maximum(2)), 3, 'must be <= 2 (got 3)'],
    ['less than', z.number().check(z.lt(2)), 2, 'must be < 2 (got 2)'],
    [
      'a short text',
      z.string().check(z.maxLength(2)),
      'abc',
      'must be a string of length <= 2 (got "abc")',
    ],
    [
      'a long text',
      z.string().check(z.minLength(2)),
      'a',
      'must be a string of length >= 2 (got "a")',
    ],
    [
      'a full set',
      z.set(z.any()).check(z.minSize(1)),
      new Set(),
      'must have >= 1 items (got an instance of Set)',
    ],
    [
      'a full array',
      z.array(z.any()).check(z.minLength(1)),
      [],
      'must have >= 1 items (got an empty array)',
    ],
    ['a multiple', z.number().check(z.multipleOf(5)), 7, 'Invalid input (got 7)'],
    [
      'forms',
      z.union([z.number(), z.literal(false)]),
      'x',
      'must be a finite number, or false (got "x")',
    ],
    ['nothing', z.union([z.never(), z.never()]), 'x', 'must be of type never (got "x")'],
    ['an empty union', z.union([]), 'x', 'is not one of the allowed forms (got "x")'],
    [
      'one of two',
      z.xor([z.string(), z.literal('a')]),
      'a',
      'is not one of the allowed forms (got "a")',
    ],
  ])('%s', (_, option, value, text) => {
    const parse = () => parseData(() => z.strictObject({ option }), { option: value }, 'policy');
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(`policy.option: ${text}`);
  });

  it('tells the faults of the form that fits best', () => {
    const form = z.union([
      z.strictObject({ rate: z.number(), per: z.string() }),
      z.strictObject({ calls: z.int(), of: z.string() }),
    ]);
    const parse = (value: unknown) => () =>
      parseData(() => z.strictObject({ form }), { form: value }, 'p');
    expect(parse({ calls: 1.5, of: 'y' })).toThrow(
      /^p\.form\.calls: must be a whole number \(got 1\.5\)$/,
    );
    expect(parse({ rate: 'x', per: 'y' })).toThrow(
      /^p\.form\.rate: must be a finite number \(got "x"\)$/,
    );
    expect(parse({ rat: 1, per: 'y' })).toThrow(
      'p.form.rat: unknown option "rat": did you mean "rate"?',
    );
    expect(parse(5)).toThrow(/^p\.form: must be an object with options \(got 5\)$/);
  });

  it('leaves rules about several options to their own words', () => {
    const rule = z
      .strictObject({
        slowCallRate: z.optional(z.number()),
        slowCallDuration: z.optional(z.number()),
      })
      .check(
        z.refine((options) => options.slowCallDuration !== undefined, {
          path: ['slowCallDuration'],
          error: 'is needed beside slowCallRate',
        }),
      );
    expect(() => parseData(() => rule, { slowCallRate: 1 }, 'p')).toThrow(
      /^p\.slowCallDuration: is needed beside slowCallRate$/,
    );
  });

  it('names keys that are no identifiers', () => {
    const record = z.record(z.string(), z.number());
    const parse = () =>
      parseData(() => z.strictObject({ record }), { record: { 'a b': 'x' } }, 'p');
    expect(parse).toThrow('p.record["a b"]: must be a finite number (got "x")');
  });

  it('lists an option once that several forms have', () => {
    const forms = z.union([
      z.strictObject({ kind: z.literal('a'), at: z.number() }),
      z.strictObject({ kind: z.literal('b'), at: z.number(), by: z.number() }),
    ]);
    const parse = () => parseData(() => z.strictObject({ forms }), { forms: { zzz: 1 } }, 'p');
    expect(parse).toThrow('unknown option "zzz"; the options are kind, at, by');
  });

  it('says no more than that a key is unknown where there are none', () => {
    const empty = z.strictObject({});
    expect(() => parseData(() => empty, { a: 1 }, 'p')).toThrow(/^p\.a: unknown option "a"$/);
    const nested = z.record(z.string(), z.union([z.number(), empty]));
    expect(() => parseData(() => nested, { x: { a: 1 } }, 'p')).toThrow(/x\.a: unknown option "a"/);
  });

  it('shows no value when a key cannot be read again', () => {
    let reads = 0;
    const once = {
      get odd(): number {
        if (reads++ > 0) throw new Error('only once');
        return 1;
      },
    };
    const strict = z.strictObject({ nested: z.strictObject({}) });
    expect(() => parseData(() => strict, { nested: once }, 'p')).toThrow(
      'p.nested.odd: unknown option',
    );
  });
});

describe('schemas', () => {
  it('fnOf gives a function its type and keeps it as it is', () => {
    const given = (x: number) => String(x);
    const parsed = z.parse(fnOf<(x: number) => string>(), given);
    expect(parsed).toBe(given);
    expectTypeOf(parsed).toEqualTypeOf<(x: number) => string>();
    expect(z.safeParse(fnOf(), async () => {}).success).toBe(true);
    expect(z.safeParse(fnOf(), Budget).success).toBe(true);
  });

  it('count, positiveCount and rate accept their ends', () => {
    expect(z.parse(count(), 0)).toBe(0);
    expect(z.parse(positiveCount(), 1)).toBe(1);
    expect(z.parse(count(), Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
    expect([z.parse(rate(), 0), z.parse(rate(), 1)]).toEqual([0, 1]);
  });

  it.each(['', 'a\nb', 'x'.repeat(101), '\u0000'])('policyName refuses %j', (name) => {
    expect(z.safeParse(policyName(), name).error?.issues[0]?.message).toMatch(
      /^must be a name of 1 to 100/,
    );
  });

  it.each(['retry', 'payments: EU', 'größe', 'x'.repeat(100)])('policyName accepts %j', (name) => {
    expect(z.parse(policyName(), name)).toBe(name);
  });
});
