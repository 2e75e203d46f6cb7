/** Objects, optional values, defaults and unions are ours: they take what zod's take, and find the same faults. */
import { describe, expect, it } from 'vitest';
import * as mini from 'zod/mini';
import { count, text } from '../../src/config/schemas.js';
import * as z from '../../src/config/zod.js';

const inner = { n: count(), name: z.optional(text()) };

const pairs: Readonly<Record<string, readonly [z.Schema, z.Schema]>> = {
  object: [z.strictObject(inner), mini.strictObject(inner)],
  optional: [
    z.strictObject({ o: z.optional(z.strictObject(inner)), m: z.optional(z._default(count(), 3)) }),
    mini.strictObject({
      o: mini.optional(mini.strictObject(inner)),
      m: mini.optional(mini._default(count(), 3)),
    }),
  ],
  default: [
    z.strictObject({ o: z._default(z.strictObject(inner), { n: 1 }), n: z._default(count(), 2) }),
    mini.strictObject({
      o: mini._default(mini.strictObject(inner), { n: 1 }),
      n: mini._default(count(), 2),
    }),
  ],
  union: [
    z.union([z.strictObject(inner), count(), z.strictObject({ n: text() })]),
    mini.union([mini.strictObject(inner), count(), mini.strictObject({ n: text() })]),
  ],
  'union of an optional one': [
    z.strictObject({ o: z.union([text(), z.optional(count())]) }),
    mini.strictObject({ o: mini.union([text(), mini.optional(count())]) }),
  ],
};

const values: readonly unknown[] = [
  undefined,
  null,
  1,
  'x',
  [],
  () => 1,
  {},
  { n: 1 },
  { n: -1 },
  { n: 'x' },
  { n: undefined },
  { n: 1, name: undefined },
  { n: 1, name: 2, more: 3, most: 4 },
  { n: -1, more: 1 },
  { o: undefined },
  { o: null },
  { o: {} },
  { o: { n: 1 } },
  { o: { n: -1, x: 1 }, n: -2 },
  { o: 1 },
  { o: 'x' },
  { m: undefined },
  { m: 'x' },
  { name: 'x' },
  JSON.parse('{ "n": 1, "__proto__": { "n": 2 } }'),
  Object.create({ n: 1 }),
  Object.create({ n: 1, x: 2 }),
];

/** Zod's issues tell more of where they come from, which no message shows. */
const told = (schema: z.Schema, value: unknown): unknown => {
  const { issues, value: out } = z.check(schema, value, { reportInput: true });
  return issues.length > 0 ? issues : [out, Object.keys((out ?? {}) as object)];
};

describe.each(Object.entries(pairs))('%s', (_, [ours, zods]) => {
  it.each(values.map((value, i) => [i, value]))('%i: %j', (_i, value) => {
    expect(told(ours, value)).toEqual(told(zods, value));
  });
});
