import { type JsonObject, member, textOf } from './json.js';
import {
  type NumberShape,
  type Shape,
  type StringFormat,
  type StringShape,
  told,
} from './shape.js';

const FORMATS: Readonly<Record<string, StringFormat>> = {
  'date-time': 'date-time',
  date: 'date',
  uuid: 'uuid',
  email: 'email',
  uri: 'uri',
  url: 'uri',
  ipv4: 'ipv4',
  ipv6: 'ipv6',
  byte: 'byte',
};
/** Formats that say how to show a value. */
const SILENT = new Set([
  'password',
  'binary',
  'string',
  'float',
  'double',
  'int32',
  'int64',
  'char',
]);

export function stringShape(schema: JsonObject): Shape {
  const format = textOf(member(schema, 'format'));
  const known =
    format !== undefined && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  const source = member(schema, 'pattern');
  const pattern = typeof source === 'string' ? patternOf(source) : undefined;
  const min = number(schema, 'minLength');
  const max = number(schema, 'maxLength');
  const shape: StringShape = {
    kind: 'string',
    ...(known !== undefined && { format: known }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(pattern !== undefined && { pattern }),
  };
  return told(
    shape,
    ...(format !== undefined && known === undefined && !SILENT.has(format)
      ? [`format ${format}: not checked`]
      : []),
    ...(typeof source === 'string' && pattern === undefined
      ? [`pattern ${source} is no regular expression of JavaScript: not checked`]
      : []),
  );
}

function patternOf(source: string): StringShape['pattern'] {
  for (const flags of ['u', ''] as const) {
    try {
      new RegExp(source, flags);
      return { source, flags };
    } catch {
      // Some patterns are right only without the flag.
    }
  }
  return undefined;
}

export function numberShape(schema: JsonObject, isInteger: boolean): NumberShape {
  // What OpenAPI 3.0 says with a boolean, 3.1 says with a number.
  const strictMin = member(schema, 'exclusiveMinimum');
  const strictMax = member(schema, 'exclusiveMaximum');
  const min = number(schema, 'minimum');
  const max = number(schema, 'maximum');
  const multipleOf = number(schema, 'multipleOf');
  const above = strictMin === true ? min : number(schema, 'exclusiveMinimum');
  const below = strictMax === true ? max : number(schema, 'exclusiveMaximum');
  return {
    kind: 'number',
    integer:
      isInteger && /^u?int64$/.test(textOf(member(schema, 'format')) ?? '') ? 'wide' : isInteger,
    ...(min !== undefined && strictMin !== true && { min }),
    ...(max !== undefined && strictMax !== true && { max }),
    ...(above !== undefined && { above }),
    ...(below !== undefined && { below }),
    ...(multipleOf !== undefined && multipleOf > 0 && { multipleOf }),
  };
}

function number(schema: JsonObject, key: string): number | undefined {
  const value = member(schema, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
