import type { Pointer } from './references.js';

/** What a value has to look like: as much of a JSON Schema as can be written down as code. */
export type Shape = (
  | { readonly kind: 'unknown' | 'never' | 'boolean' }
  | StringShape
  | NumberShape
  | { readonly kind: 'literals'; readonly values: readonly Literal[] }
  | { readonly kind: 'array'; readonly items: Shape; readonly min?: number; readonly max?: number }
  | {
      readonly kind: 'tuple';
      readonly items: readonly Shape[];
      readonly required: number;
      readonly rest?: Shape;
    }
  | {
      readonly kind: 'object';
      readonly fields: readonly Field[];
      readonly rest: 'ignored' | 'kept' | 'refused' | Shape;
    }
  | { readonly kind: 'record'; readonly keys?: Shape; readonly values: Shape }
  | { readonly kind: 'union' | 'all'; readonly members: readonly Shape[] }
  | { readonly kind: 'nullable' | 'optional'; readonly of: Shape }
  | { readonly kind: 'ref'; readonly to: Pointer }
) & {
  /** What the schema says beyond this, in words. */
  readonly told?: readonly string[];
};

export type Literal = string | number | boolean | null;

export interface StringShape {
  readonly kind: 'string';
  readonly format?: StringFormat;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: { readonly source: string; readonly flags: 'u' | '' };
}

export type StringFormat =
  | 'date-time'
  | 'date'
  | 'uuid'
  | 'email'
  | 'uri'
  | 'ipv4'
  | 'ipv6'
  | 'byte';

export interface NumberShape {
  readonly kind: 'number';
  /** `'wide'`: one of 64 bits, which may be beyond what JavaScript knows exactly. */
  readonly integer: boolean | 'wide';
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
  readonly multipleOf?: number;
}

export interface Field {
  readonly name: string;
  readonly shape: Shape;
  readonly required: boolean;
  /** In a request or in a response only. There a required field is required. */
  readonly only?: 'request' | 'response';
  readonly about?: string;
}

export const UNKNOWN: Shape = { kind: 'unknown' };

export function told(shape: Shape, ...words: readonly string[]): Shape {
  return words.length === 0 ? shape : { ...shape, told: [...(shape.told ?? []), ...words] };
}

/** The shapes that are parts of this one. */
export function partsOf(shape: Shape): readonly Shape[] {
  switch (shape.kind) {
    case 'array':
      return [shape.items];
    case 'tuple':
      return shape.rest === undefined ? shape.items : [...shape.items, shape.rest];
    case 'object':
      return [
        ...shape.fields.map((field) => field.shape),
        ...(typeof shape.rest === 'string' ? [] : [shape.rest]),
      ];
    case 'record':
      return shape.keys === undefined ? [shape.values] : [shape.keys, shape.values];
    case 'union':
    case 'all':
      return shape.members;
    case 'nullable':
    case 'optional':
      return [shape.of];
    default:
      return [];
  }
}

/** Parts that stand for the very same value, and not for something inside it. */
export function sameValueParts(shape: Shape): readonly Shape[] {
  return ['union', 'all', 'nullable'].includes(shape.kind) ? partsOf(shape) : [];
}

/** Everything that a shape refers to, at any depth. */
export function refsIn(
  shape: Shape,
  parts: (shape: Shape) => readonly Shape[] = partsOf,
  found: Set<Pointer> = new Set(),
): Set<Pointer> {
  if (shape.kind === 'ref') found.add(shape.to);
  for (const part of parts(shape)) refsIn(part, parts, found);
  return found;
}
