import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/cli/service/json.js';
import { answers, responseOf, written } from './written.js';

/** What the written schemas accept and refuse: each case is a schema of a document, run as the file would run. */

interface Case {
  readonly schema: Json;
  readonly schemas?: JsonObject;
  readonly openapi?: string;
  readonly right: readonly unknown[];
  readonly wrong: readonly unknown[];
}

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  ...more,
});

const CASES: Readonly<Record<string, Case>> = {
  'a boolean': { schema: { type: 'boolean' }, right: [true], wrong: ['true', null] },
  'lengths and a pattern': {
    schema: { type: 'string', minLength: 2, maxLength: 3, pattern: '^[a-z]+$' },
    right: ['ab', 'abc'],
    wrong: ['a', 'abcd', 'AB', 7],
  },
  'a pattern that is right only without the flag u': {
    schema: { type: 'string', pattern: '^[\\w-.]+\\_$' },
    right: ['a.b_'],
    wrong: ['a b_'],
  },
  'a date and time with its offset': {
    schema: { type: 'string', format: 'date-time' },
    right: ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.678+02:00'],
    wrong: ['2026-01-02', 'soon'],
  },
  'a date': {
    schema: { type: 'string', format: 'date' },
    right: ['2026-01-02'],
    wrong: ['2026-13-02'],
  },
  'a UUID of any version': {
    schema: { type: 'string', format: 'uuid' },
    right: ['00000000-0000-0000-0000-00000000000f', '0190a0b0-0000-7000-8000-000000000000'],
    wrong: ['0190'],
  },
  'an e-mail address, with a length': {
    schema: { type: 'string', format: 'email', maxLength: 8 },
    right: ['a@b.co'],
    wrong: ['a', 'abcd@b.co'],
  },
  'a URI': {
    schema: { type: 'string', format: 'uri' },
    right: ['https://a.example/b?c'],
    wrong: ['/b'],
  },
  addresses: {
    schema: {
      anyOf: [
        { type: 'string', format: 'ipv4' },
        { type: 'string', format: 'ipv6' },
      ],
    },
    right: ['10.0.0.1', '::1'],
    wrong: ['10.0.0'],
  },
  'bytes in base64': { schema: { type: 'string', format: 'byte' }, right: ['aGk='], wrong: ['%'] },
  'an integer in bounds': {
    schema: { type: 'integer', minimum: 1, maximum: 9, multipleOf: 2 },
    right: [2, 8],
    wrong: [0, 3, 10, 2.5, '2'],
  },
  'an integer of 64 bits, which JSON.parse may round': {
    schema: { type: 'integer', format: 'int64', minimum: 0, maximum: 2 ** 63 },
    right: [0, 2 ** 53 + 2, JSON.parse('9223372036854775807')],
    wrong: [-1, 2.5, '2', Infinity],
  },
  'bounds of 3.1 that are excluded': {
    schema: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
    right: [0.5],
    wrong: [0, 1],
  },
  'bounds of 3.0 that are excluded': {
    openapi: '3.0.3',
    schema: {
      type: 'number',
      minimum: 0,
      exclusiveMinimum: true,
      maximum: 1,
      exclusiveMaximum: false,
    },
    right: [0.5, 1],
    wrong: [0],
  },
  'an integer or a number': {
    schema: { type: ['integer', 'number'] },
    right: [1, 1.5],
    wrong: ['1'],
  },
  'what may be null, in 3.0': {
    openapi: '3.0.3',
    schema: { type: 'string', nullable: true },
    right: ['a', null],
    wrong: [undefined, 1],
  },
  'what may be null, in 3.1': {
    schema: { type: ['string', 'null'] },
    right: ['a', null],
    wrong: [1],
  },
  'a reference that may be null': {
    openapi: '3.0.3',
    schema: { allOf: [{ $ref: '#/components/schemas/A' }], nullable: true },
    schemas: { A: object({ a: { type: 'string' } }, { required: ['a'] }) },
    right: [null, { a: 'x' }],
    wrong: [{}, 'x'],
  },
  'null alone': { schema: { type: 'null' }, right: [null], wrong: [0] },
  'an enum of texts': {
    schema: { enum: ['a', "it's", '__proto__'] },
    right: ['a', "it's", '__proto__'],
    wrong: ['b', 'toString'],
  },
  'an enum of several types': {
    schema: { enum: ['a', 1, true, null] },
    right: ['a', 1, true, null],
    wrong: ['1', false],
  },
  'an enum that may be null, in 3.0': {
    openapi: '3.0.0',
    schema: { type: 'string', enum: ['a'], nullable: true },
    right: ['a', null],
    wrong: ['b'],
  },
  'a constant': { schema: { const: 'x' }, right: ['x'], wrong: ['y'] },
  'an array in bounds': {
    schema: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 2 },
    right: [[1], [1, 2]],
    wrong: [[], [1, 2, 3], ['1']],
  },
  'an array of anything': { schema: { type: 'array' }, right: [[], [1, 'a']], wrong: [{}] },
  'a tuple': {
    schema: {
      type: 'array',
      prefixItems: [{ type: 'string' }, { type: 'integer' }],
      minItems: 1,
      items: false,
    },
    right: [['a'], ['a', 1]],
    wrong: [[], ['a', 'b'], ['a', 1, 2]],
  },
  'a tuple with more behind it': {
    schema: {
      type: 'array',
      prefixItems: [{ type: 'string' }],
      minItems: 1,
      items: { type: 'boolean' },
    },
    right: [['a'], ['a', true, false]],
    wrong: [['a', 1]],
  },
  'required and other properties': {
    schema: object({ a: { type: 'string' }, b: { type: 'string' } }, { required: ['a'] }),
    right: [{ a: 'x' }, { a: 'x', b: 'y', c: 1 }],
    wrong: [{}, { a: 1 }, { a: 'x', b: 1 }, null, []],
  },
  'a required property that is not described': {
    schema: object({}, { required: ['a'] }),
    right: [{ a: 1 }],
    wrong: [{}],
  },
  'a map': {
    schema: { type: 'object', additionalProperties: { type: 'integer' } },
    right: [{}, { a: 1 }],
    wrong: [{ a: 'x' }],
  },
  'a map with rules for its keys': {
    schema: {
      type: 'object',
      propertyNames: { pattern: '^[a-z]$' },
      additionalProperties: { type: 'integer' },
    },
    right: [{ a: 1 }],
    wrong: [{ A: 1 }],
  },
  'properties and a rule for others': {
    schema: object({ a: { type: 'string' } }, { additionalProperties: { type: 'integer' } }),
    right: [{ a: 'x', b: 1 }],
    wrong: [{ b: 'x' }],
  },
  'all of several': {
    schema: {
      allOf: [
        { $ref: '#/components/schemas/A' },
        object({ b: { type: 'integer' } }, { required: ['b'] }),
      ],
    },
    schemas: { A: object({ a: { type: 'string' } }, { required: ['a'] }) },
    right: [{ a: 'x', b: 1 }],
    wrong: [{ a: 'x' }, { b: 1 }],
  },
  'keywords beside a reference': {
    schema: { $ref: '#/components/schemas/A', minLength: 2 },
    schemas: { A: { type: 'string', maxLength: 3 } },
    right: ['ab'],
    wrong: ['a', 'abcd'],
  },
  'one of several properties': {
    schema: object(
      { a: { type: 'string' }, b: { type: 'string' } },
      { oneOf: [{ required: ['a'] }, { required: ['b'] }] },
    ),
    right: [{ a: 'x' }, { b: 'x' }],
    wrong: [{}, { a: 1 }],
  },
  false: { schema: false, right: [], wrong: [1, null, {}] },
  true: { schema: true, right: [1, null, {}], wrong: [] },
  'a schema that refers to itself': {
    schema: { $ref: '#/components/schemas/Tree' },
    schemas: {
      Tree: object(
        {
          name: { type: 'string' },
          of: { type: 'array', items: { $ref: '#/components/schemas/Tree' } },
        },
        { required: ['name'] },
      ),
    },
    right: [{ name: 'a' }, { name: 'a', of: [{ name: 'b', of: [] }] }],
    wrong: [{ name: 'a', of: [{}] }],
  },
  'schemas that refer to each other': {
    schema: { $ref: '#/components/schemas/A' },
    schemas: {
      A: object({ b: { $ref: '#/components/schemas/B' } }),
      B: {
        anyOf: [{ type: 'integer' }, { type: 'array', items: { $ref: '#/components/schemas/A' } }],
      },
    },
    right: [{}, { b: 1 }, { b: [{ b: [] }] }],
    wrong: [{ b: 'x' }, { b: [{ b: ['x'] }] }],
  },
  'a map that refers to itself': {
    schema: { $ref: '#/components/schemas/A' },
    schemas: { A: { type: 'object', additionalProperties: { $ref: '#/components/schemas/A' } } },
    right: [{}, { a: { b: {} } }],
    wrong: [{ a: 1 }],
  },
  'a reference to a part of another schema': {
    schema: { $ref: '#/components/schemas/A/properties/a~1b' },
    schemas: { A: object({ 'a/b': { type: 'string' } }) },
    right: ['x'],
    wrong: [1],
  },
  'names that objects have from birth': {
    schema: object(
      { constructor: { type: 'string' }, toString: { type: 'integer' } },
      { required: ['constructor'] },
    ),
    right: [{ constructor: 'x', toString: 1 }],
    wrong: [{ constructor: 1 }],
  },
};

describe('the schemas that are written', () => {
  it.each(Object.entries(CASES))('%s', (_name, { schema, schemas, openapi, right, wrong }) => {
    const made = responseOf(answers(schema, schemas, openapi));
    for (const value of right)
      expect([value, made.safeParse(value).success]).toEqual([value, true]);
    for (const value of wrong)
      expect([value, made.safeParse(value).success]).toEqual([value, false]);
  });

  it('lose no field of an object without properties, nor of one that keeps others', () => {
    for (const schema of [{ type: 'object' }, object({ a: {} }, { additionalProperties: true })])
      expect(responseOf(answers(schema)).parse({ a: 1, b: { c: 2 } })).toEqual({
        a: 1,
        b: { c: 2 },
      });
  });

  it('tell the members of a union apart by their discriminator, so that none loses fields', () => {
    const kinds = {
      Cat: object({ kind: { type: 'string' }, lives: { type: 'integer' } }, { required: ['kind'] }),
      Dog: object({ kind: { type: 'string' }, breed: { type: 'string' } }, { required: ['kind'] }),
    };
    const members = [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }];
    const implied = responseOf(
      answers({ oneOf: members, discriminator: { propertyName: 'kind' } }, kinds),
    );
    expect(implied.parse({ kind: 'Dog', breed: 'pug' })).toEqual({ kind: 'Dog', breed: 'pug' });
    expect(implied.safeParse({ kind: 'Cow' }).success).toBe(false);
    const mapping = {
      cat: 'Cat',
      dog: '#/components/schemas/Dog',
      hound: '#/components/schemas/Dog',
    };
    const mapped = responseOf(
      answers({ anyOf: members, discriminator: { propertyName: 'kind', mapping } }, kinds),
    );
    expect(mapped.parse({ kind: 'hound', breed: 'pug' })).toEqual({ kind: 'hound', breed: 'pug' });
    expect(mapped.safeParse({ kind: 'Dog' }).success).toBe(false);
  });

  it('say what they do not check', () => {
    const told = (schema: Json): string =>
      /\/\* .*? \*\//.exec(written(answers(schema)))?.[0] ?? '';
    expect(told({ type: 'array', uniqueItems: true })).toBe('/* uniqueItems: not checked */');
    expect(told({ type: 'array', uniqueItems: false })).toBe('');
    expect(told(object({ a: {} }, { unevaluatedProperties: false }))).toBe(
      '/* unevaluatedProperties: not checked */',
    );
    expect(told(object({ a: {} }, { unevaluatedProperties: true, not: false }))).toBe('');
    expect(told({ type: 'array', items: true, unevaluatedItems: false })).toContain('unevaluated');
    expect(told({ not: { type: 'string' }, if: {} })).toBe('/* not, if: not checked */');
    expect(told({ type: 'string', format: 'iban' })).toBe('/* format iban: not checked */');
    expect(told({ type: 'string', pattern: '(?<' })).toContain('no regular expression');
    expect(told({ enum: [{ a: 1 }] })).toContain('not checked');
    expect(told(object({ a: {} }, { patternProperties: { '^x': {} } }))).toContain(
      'patternProperties',
    );
    expect(told(object({ a: {} }, { propertyNames: { minLength: 2 } }))).toContain('propertyNames');
    expect(told({ oneOf: [object({ a: {} }), object({ b: {} })] })).toContain('first of these');
    expect(told(object({ ['__proto__']: { type: 'string' } }))).toContain('__proto__');
    expect(told({ type: 'string', format: 'password' })).toBe('');
  });

  it('let fields pass that an answer has beyond its schema, and refuse them in what is sent', () => {
    const closed = object({ a: { type: 'string' } }, { additionalProperties: false });
    expect(responseOf(answers(closed)).safeParse({ a: 'x', b: 1 }).success).toBe(true);
    const either = responseOf(
      answers({ oneOf: [closed, object({ b: {} }, { additionalProperties: false })] }),
    );
    expect(either.parse({ b: 1 })).toEqual({ b: 1 });
    const refs = [{ $ref: '#/components/schemas/A' }, { $ref: '#/components/schemas/B' }];
    const closedB = object({ b: {} }, { additionalProperties: false });
    const named = responseOf(answers({ oneOf: refs }, { A: closed, B: closedB }));
    expect(named.parse({ b: 1 })).toEqual({ b: 1 });
  });

  it('that stand for themselves without an end are told, and nothing else of them is lost', () => {
    const schemas = {
      Pet: object({ name: { type: 'string' } }, { oneOf: [{ $ref: '#/components/schemas/Cat' }] }),
      Cat: {
        allOf: [{ $ref: '#/components/schemas/Pet' }, object({ lives: { type: 'integer' } })],
      },
    };
    const document = answers({ $ref: '#/components/schemas/Pet' }, schemas);
    expect(written(document)).toContain('/* Cat is made from itself: not checked */ z.unknown()');
    expect(responseOf(document).parse({ name: 'a', lives: 9 })).toEqual({ name: 'a', lives: 9 });
    expect(responseOf(document).safeParse({ name: 1 }).success).toBe(false);
  });
});
