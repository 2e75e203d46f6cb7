import { isObject, type Json, type JsonObject, listOf, member, textOf } from './json.js';
import { stringShape } from './scalar-shape.js';
import { type Field, type Shape, told, UNKNOWN } from './shape.js';

export function objectShape(schema: JsonObject, shape: (schema: Json | undefined) => Shape): Shape {
  const properties = member(schema, 'properties');
  const declared = isObject(properties) ? Object.entries(properties) : [];
  const required = new Set(
    listOf(member(schema, 'required')).filter((name): name is string => typeof name === 'string'),
  );
  const all: [string, Json | undefined][] = [
    ...declared,
    ...[...required]
      .filter((name) => !declared.some(([key]) => key === name))
      .map((name): [string, undefined] => [name, undefined]),
  ];
  const fields = all
    .filter(([name]) => name !== '__proto__')
    .map(([name, property]) => fieldOf(name, property, required.has(name), shape));
  const words = [
    ...(fields.length < all.length ? ['a property that is called __proto__: not checked'] : []),
    ...(Object.hasOwn(schema, 'patternProperties') ? ['patternProperties: not checked'] : []),
  ];
  const open = Object.hasOwn(schema, 'patternProperties');
  const rest = member(schema, 'additionalProperties');
  const names = member(schema, 'propertyNames');
  if (fields.length === 0 && rest !== false) {
    const keys = keysShape(names);
    const values = open ? UNKNOWN : shape(rest);
    const record: Shape = { kind: 'record', values, ...(keys !== undefined && { keys }) };
    return told(record, ...words, ...(names !== undefined && keys === undefined ? [NAMES] : []));
  }
  return told(
    { kind: 'object', fields, rest: open ? 'kept' : restOf(rest, shape) },
    ...words,
    ...(names !== undefined ? [NAMES] : []),
  );
}

const NAMES = 'propertyNames: not checked';

function restOf(
  rest: Json | undefined,
  shape: (schema: Json | undefined) => Shape,
): (Shape & { kind: 'object' })['rest'] {
  if (rest === undefined) return 'ignored';
  if (typeof rest === 'boolean') return rest ? 'kept' : 'refused';
  return shape(rest);
}

/** Rules for names, as far as they are rules for any string. */
function keysShape(names: Json | undefined): Shape | undefined {
  if (!isObject(names)) return undefined;
  const known = ['type', 'pattern', 'minLength', 'maxLength', 'description'];
  if (!Object.keys(names).every((key) => known.includes(key))) return undefined;
  const keys = stringShape(names);
  return keys.told === undefined ? keys : undefined;
}

function fieldOf(
  name: string,
  property: Json | undefined,
  required: boolean,
  shape: (schema: Json | undefined) => Shape,
): Field {
  const described = textOf(member(property, 'description')) ?? textOf(member(property, 'title'));
  const standard = member(property, 'default');
  const about = [
    ...(described === undefined ? [] : [described]),
    ...(standard === undefined ? [] : [`Default: ${JSON.stringify(standard)}.`]),
  ].join(' ');
  const only =
    member(property, 'readOnly') === true
      ? 'response'
      : member(property, 'writeOnly') === true
        ? 'request'
        : undefined;
  return {
    name,
    shape: property === undefined ? UNKNOWN : shape(property),
    required,
    ...(only !== undefined && { only }),
    ...(about !== '' && { about }),
  };
}
