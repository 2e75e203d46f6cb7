import { key, literal, remark } from './quoted.js';
import type { Field, NumberShape, Shape, StringFormat, StringShape } from './shape.js';

/** What a shape needs to know to be written. */
export interface Scope {
  /** The code that stands for a named shape. */
  ref(shape: Shape & { kind: 'ref' }): string;
  /** The fields that are there where this is used. */
  fields(all: readonly Field[]): readonly Field[];
  /** Whether fields that the schema forbids are refused. */
  readonly strict: boolean;
}

const FORMATS: Readonly<Record<StringFormat, string>> = {
  'date-time': 'z.iso.datetime({ offset: true })',
  date: 'z.iso.date()',
  // As the RFC says, without a version: `z.uuid()` refuses some.
  uuid: 'z.guid()',
  email: 'z.email()',
  uri: 'z.url()',
  ipv4: 'z.ipv4()',
  ipv6: 'z.ipv6()',
  byte: 'z.base64()',
};

/** The code of a zod schema. Lines after the first begin with the indent. */
export function zodText(shape: Shape, scope: Scope, indent: string): string {
  const words = shape.told ?? [];
  const comment = words.map((each) => `/* ${remark(each)} */ `).join('');
  return `${comment}${bare(shape, scope, indent)}`;
}

function bare(shape: Shape, scope: Scope, indent: string): string {
  const text = (part: Shape): string => zodText(part, scope, indent);
  switch (shape.kind) {
    case 'unknown':
    case 'never':
    case 'boolean':
      return `z.${shape.kind}()`;
    case 'string':
      return stringText(shape);
    case 'number':
      return numberText(shape);
    case 'literals':
      return literalsText(shape.values);
    case 'array':
      return `z.array(${text(shape.items)})${rule('min', shape.min)}${rule('max', shape.max)}`;
    case 'tuple': {
      const items = shape.items.map((item, index) =>
        index < shape.required ? text(item) : `z.optional(${text(item)})`,
      );
      const rest = shape.rest === undefined ? '' : `, ${text(shape.rest)}`;
      return `z.tuple([${items.join(', ')}]${rest})`;
    }
    case 'object':
      return objectText(shape, scope, indent);
    case 'record':
      return `z.record(${shape.keys === undefined ? 'z.string()' : text(shape.keys)}, ${text(shape.values)})`;
    case 'union': {
      const members = shape.members.map((each) =>
        each.kind === 'object' ? objectText(each, scope, indent, true) : text(each),
      );
      return `z.union([${members.join(', ')}])`;
    }
    case 'all':
      return shape.members.map(text).reduce((left, right) => `z.intersection(${left}, ${right})`);
    case 'nullable':
    case 'optional':
      return `z.${shape.kind}(${text(shape.of)})`;
    case 'ref':
      return scope.ref(shape);
  }
}

function objectText(
  shape: Shape & { kind: 'object' },
  scope: Scope,
  indent: string,
  inUnion = false,
): string {
  const inner = `${indent}  `;
  const fields = scope.fields(shape.fields).map((field) => {
    const text = zodText(field.shape, scope, inner);
    const about = field.about === undefined ? '' : `${inner}/** ${remark(field.about)} */\n`;
    const optional = field.required ? text : `z.optional(${text})`;
    return `${about}${inner}${key(field.name)}: ${optional},\n`;
  });
  const refused = scope.strict || inUnion ? 'strictObject' : 'object';
  const make = { kept: 'looseObject', refused, ignored: 'object' };
  const name = typeof shape.rest === 'string' ? make[shape.rest] : 'object';
  const rest =
    typeof shape.rest === 'string' ? '' : `.catchall(${zodText(shape.rest, scope, indent)})`;
  return `z.${name}(${fields.length === 0 ? '{}' : `{\n${fields.join('')}${indent}}`})${rest}`;
}

function stringText({ format, min, max, pattern }: StringShape): string {
  const regex =
    pattern === undefined
      ? ''
      : `.regex(new RegExp(${literal(pattern.source)}${pattern.flags === '' ? '' : ", 'u'"}))`;
  return `${format === undefined ? 'z.string()' : FORMATS[format]}${rule('min', min)}${rule('max', max)}${regex}`;
}

function numberText(shape: NumberShape): string {
  const { integer, min, max, above, below, multipleOf } = shape;
  return [
    numberOf(integer),
    rule('min', min),
    rule('max', max),
    rule('gt', above),
    rule('lt', below),
    rule('multipleOf', multipleOf),
  ].join('');
}

function numberOf(integer: NumberShape['integer']): string {
  // `z.int()` refuses what is beyond 2 ** 53.
  if (integer === 'wide') return 'z.number().multipleOf(1)';
  return integer ? 'z.int()' : 'z.number()';
}

function rule(name: string, value: number | undefined): string {
  return value === undefined ? '' : `.${name}(${value})`;
}

function literalsText(values: readonly (string | number | boolean | null)[]): string {
  const [only] = values;
  if (values.length === 1 && only === null) return 'z.null()';
  const isEnum =
    values.length > 1 &&
    values.every((value) => typeof value === 'string' && value !== '__proto__');
  const list = values.map(literalText);
  return isEnum
    ? `z.enum([${list.join(', ')}])`
    : `z.literal(${values.length === 1 ? list[0] : `[${list.join(', ')}]`})`;
}

export function literalText(value: string | number | boolean | null): string {
  return typeof value === 'string' ? literal(value) : String(value);
}
