import type { StandardSchema } from '../standard-schema.js';

/** What a schema describes: what is sent, or what is answered. */
export type SchemaSide = 'request' | 'response';

/** Makes JSON Schema (draft 2020-12) of a schema. `undefined` if it cannot. */
export type ToJsonSchema = (schema: StandardSchema, side: SchemaSide) => unknown;

export type JsonSchema = Readonly<Record<string, unknown>>;

/** The part of the Standard JSON Schema interface that is used: zod 4.2, arktype 2.1.28 and others have it. */
interface Convertible {
  readonly jsonSchema: Readonly<
    Record<
      'input' | 'output',
      (options: {
        readonly target: string;
        readonly libraryOptions?: Readonly<Record<string, unknown>> | undefined;
      }) => unknown
    >
  >;
}

/**
 * What is on the wire, as JSON Schema: of a request what the schema makes, of a response what it accepts. `undefined` if nobody can
 * tell.
 */
export function jsonSchemaOf(
  schema: StandardSchema,
  side: SchemaSide,
  convert: ToJsonSchema | undefined,
): JsonSchema | undefined {
  const given = convert?.(schema, side);
  if (isSchema(given)) return withoutDialect(given);
  const standard = schema['~standard'];
  if (!isConvertible(standard)) return undefined;
  const make = standard.jsonSchema[side === 'request' ? 'output' : 'input'];
  // zod gives up on the whole schema for one date in it, unless it is told otherwise.
  const libraryOptions = standard.vendor === 'zod' ? { unrepresentable: 'any' } : undefined;
  try {
    const made = make({ target: 'draft-2020-12', libraryOptions });
    return isSchema(made) ? withoutDialect(made) : undefined;
  } catch {
    return undefined;
  }
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isConvertible(standard: object): standard is Convertible {
  const { jsonSchema } = standard as { readonly jsonSchema?: unknown };
  return (
    isSchema(jsonSchema) &&
    typeof jsonSchema['input'] === 'function' &&
    typeof jsonSchema['output'] === 'function'
  );
}

function withoutDialect({ $schema: _, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

/** Keywords whose values are data, in which `$ref` means nothing. */
const DATA = new Set(['const', 'enum', 'default', 'examples', 'example']);

/** Whether a schema refers to parts of itself. */
export function hasOwnRefs(schema: unknown): boolean {
  let found = false;
  mapRefs(schema, (ref) => {
    found ||= ref.startsWith('#');
    return ref;
  });
  return found;
}

/** A copy in which references to the schema itself, or to parts of it, lead to the place where it now stands. */
export function moved(schema: JsonSchema, to: string): JsonSchema {
  return mapRefs(schema, (ref) =>
    ref.startsWith('#') ? `${to}${ref.slice(1)}` : ref,
  ) as JsonSchema;
}

function mapRefs(value: unknown, change: (ref: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => mapRefs(each, change));
  if (!isSchema(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === '$ref' && typeof part === 'string'
        ? change(part)
        : DATA.has(key)
          ? part
          : mapRefs(part, change),
    ]),
  );
}
