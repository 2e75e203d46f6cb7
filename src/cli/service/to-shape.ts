import { isObject, type Json, type JsonObject, listOf, member, textOf } from './json.js';
import { objectShape } from './object-shape.js';
import { pointerOf, type References } from './references.js';
import { numberShape, stringShape } from './scalar-shape.js';
import { type Literal, type Shape, told, UNKNOWN } from './shape.js';

/** Keywords that say nothing about which values are right. They do not make a schema of their own beside a `$ref`. */
const REMARKS = new Set(
  '$ref $comment $schema title description summary example examples default deprecated readOnly writeOnly xml externalDocs nullable'.split(
    ' ',
  ),
);
/** Keywords that have no counterpart. */
const NOT_CHECKED =
  'not if then else contains minContains maxContains uniqueItems dependentRequired dependentSchemas dependencies unevaluatedProperties unevaluatedItems minProperties maxProperties $dynamicRef $recursiveRef'.split(
    ' ',
  );

type Type = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'null';
const TYPES: readonly string[] = [
  'string',
  'number',
  'integer',
  'boolean',
  'array',
  'object',
  'null',
];

/** The shape of a schema. What cannot be said is told in words, and the shape is then wider than the schema. */
export function toShape(schema: Json | undefined, references: References): Shape {
  if (schema === false) return { kind: 'never' };
  if (!isObject(schema)) return UNKNOWN;
  const reference = textOf(member(schema, '$ref'));
  const shape = told(
    reference === undefined
      ? plainShape(schema, references)
      : referenceShape(schema, reference, references),
    ...notChecked(schema),
  );
  return member(schema, 'nullable') === true ? nullable(shape) : shape;
}

function referenceShape(schema: JsonObject, reference: string, references: References): Shape {
  const to = references.pointerTo(reference);
  references.at(to);
  const rest = Object.entries(schema).filter(
    ([key]) => !REMARKS.has(key) && !NOT_CHECKED.includes(key) && !key.startsWith('x-'),
  );
  const ref: Shape = { kind: 'ref', to };
  if (rest.length === 0) return ref;
  return all([ref, plainShape(Object.fromEntries(rest), references)]);
}

function plainShape(schema: JsonObject, references: References): Shape {
  const values = literalsOf(schema);
  if (values !== undefined) return values;
  const parts: Shape[] = [];
  for (const each of listOf(member(schema, 'allOf'))) parts.push(toShape(each, references));
  for (const key of ['oneOf', 'anyOf']) {
    const members = listOf(member(schema, key));
    if (members.length > 0) parts.push(unionOf(members, schema, references));
  }
  const types = typesOf(schema);
  const own = types.map((type) => shapeOfType(type, schema, references));
  const ofTypes = own.length > 0 ? union(own) : undefined;
  // `type: object` beside allOf says nothing that the members do not.
  const isPlain = ofTypes?.kind === 'record' && !Object.hasOwn(schema, 'additionalProperties');
  if (ofTypes !== undefined && !(parts.length > 0 && isPlain)) parts.push(ofTypes);
  return parts.length === 0 ? UNKNOWN : all(parts);
}

function typesOf(schema: JsonObject): readonly Type[] {
  const given = member(schema, 'type');
  const names = (typeof given === 'string' ? [given] : listOf(given)).filter(
    (each): each is Type => typeof each === 'string' && TYPES.includes(each),
  );
  if (names.length > 0) {
    // Every integer is a number.
    return [...new Set(names)].filter((name) => name !== 'integer' || !names.includes('number'));
  }
  const has = (...keys: readonly string[]) => keys.some((key) => Object.hasOwn(schema, key));
  if (has('properties', 'additionalProperties', 'required', 'patternProperties')) return ['object'];
  if (has('items', 'prefixItems', 'minItems', 'maxItems')) return ['array'];
  if (has('pattern', 'minLength', 'maxLength')) return ['string'];
  if (has('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'))
    return ['number'];
  return [];
}

function shapeOfType(type: Type, schema: JsonObject, references: References): Shape {
  const shape = (each: Json | undefined) => toShape(each, references);
  switch (type) {
    case 'string':
      return stringShape(schema);
    case 'number':
    case 'integer':
      return numberShape(schema, type === 'integer');
    case 'boolean':
      return { kind: 'boolean' };
    case 'null':
      return { kind: 'literals', values: [null] };
    case 'array':
      return arrayShape(schema, shape);
    case 'object':
      return objectShape(schema, shape);
  }
}

function arrayShape(schema: JsonObject, shape: (schema: Json | undefined) => Shape): Shape {
  const first = listOf(member(schema, 'prefixItems'));
  const min = sizeOf(member(schema, 'minItems'));
  const max = sizeOf(member(schema, 'maxItems'));
  const items = member(schema, 'items');
  if (first.length === 0) {
    return {
      kind: 'array',
      items: shape(items),
      ...(min !== undefined && { min }),
      ...(max !== undefined && { max }),
    };
  }
  const closed = items === false || max === first.length;
  const words = [
    ...(min !== undefined && min > first.length ? [`minItems ${min} is not checked`] : []),
    ...(max !== undefined && max !== first.length ? [`maxItems ${max} is not checked`] : []),
  ];
  const tuple: Shape = {
    kind: 'tuple',
    items: first.map(shape),
    required: Math.min(min ?? 0, first.length),
    ...(!closed && { rest: shape(items) }),
  };
  return told(tuple, ...words);
}

function unionOf(members: readonly Json[], schema: JsonObject, references: References): Shape {
  const discriminator = member(schema, 'discriminator');
  const name = textOf(member(discriminator, 'propertyName'));
  const mapping = member(discriminator, 'mapping');
  const shapes = members.map((each) => {
    const shape = toShape(each, references);
    if (name === undefined || shape.kind !== 'ref' || name === '__proto__') return shape;
    if (hasLiteral(references.at(shape.to), name)) return shape;
    const values = Object.entries(isObject(mapping) ? mapping : {}).flatMap(([value, target]) =>
      typeof target === 'string' && leadsTo(target, shape.to) ? [value] : [],
    );
    const implied = shape.to.slice(shape.to.lastIndexOf('/') + 1);
    const tag: Shape = { kind: 'literals', values: values.length > 0 ? values : [implied] };
    return all([
      { kind: 'object', fields: [{ name, shape: tag, required: true }], rest: 'ignored' },
      shape,
    ]);
  });
  const objects = shapes.filter(({ kind }) => ['object', 'ref', 'all'].includes(kind));
  return name === undefined && objects.length > 1
    ? told(union(shapes), 'the first of these that fits is taken')
    : union(shapes);
}

function hasLiteral(schema: Json, name: string): boolean {
  const property = member(member(schema, 'properties'), name);
  return member(property, 'const') !== undefined || member(property, 'enum') !== undefined;
}

function leadsTo(target: string, pointer: string): boolean {
  return target === `#${pointer}` || pointerOf('components', 'schemas', target) === pointer;
}

function literalsOf(schema: JsonObject): Shape | undefined {
  const constant = member(schema, 'const');
  const given = constant === undefined ? member(schema, 'enum') : [constant];
  if (!Array.isArray(given)) return undefined;
  const values = given as readonly Json[];
  const plain = values.filter(
    (value): value is Literal => typeof value !== 'object' || value === null,
  );
  if (plain.length < values.length)
    return told(
      UNKNOWN,
      'only some values are allowed, and objects or arrays are among them: not checked',
    );
  if (plain.length === 0) return told(UNKNOWN, 'an empty enum: not checked');
  return { kind: 'literals', values: [...new Set(plain)] };
}

function notChecked(schema: JsonObject): string[] {
  const words = NOT_CHECKED.filter(
    (key) => Object.hasOwn(schema, key) && schema[key] !== key.startsWith('unevaluated'),
  );
  return words.length === 0 ? [] : [`${words.join(', ')}: not checked`];
}

function all(shapes: readonly Shape[]): Shape {
  const members = shapes.filter(
    ({ kind, told: words }) => kind !== 'unknown' || words !== undefined,
  );
  const [only] = members;
  if (only === undefined) return UNKNOWN;
  return members.length === 1 ? only : { kind: 'all', members };
}

function union(shapes: readonly Shape[]): Shape {
  const isNull = (shape: Shape) =>
    shape.kind === 'literals' && shape.values.length === 1 && shape.values[0] === null;
  const members = shapes.filter((shape) => !isNull(shape));
  const [only] = members;
  if (only === undefined) return shapes[0] ?? UNKNOWN;
  const shape: Shape = members.length === 1 ? only : { kind: 'union', members };
  return members.length < shapes.length ? nullable(shape) : shape;
}

function nullable(shape: Shape): Shape {
  if (shape.kind === 'nullable' || shape.kind === 'unknown') return shape;
  if (shape.kind === 'literals')
    return shape.values.includes(null) ? shape : { ...shape, values: [...shape.values, null] };
  const { told: words, ...bare } = shape;
  return { kind: 'nullable', of: bare as Shape, ...(words !== undefined && { told: words }) };
}

export function sizeOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
