/** What can be learned from a schema without running it. */
import type * as z from './zod.js';

type AnySchema = z.Schema;

type Definition = z.Definition & {
  readonly innerType?: AnySchema;
  readonly in?: AnySchema;
  readonly shape?: Readonly<Record<string, AnySchema>>;
  readonly element?: AnySchema;
  readonly options?: readonly AnySchema[];
};

/** The definition behind optional, default, refinement and the like. */
function unwrap(schema: AnySchema | undefined): Definition | undefined {
  let def = schema?._zod.def as Definition | undefined;
  while (def !== undefined) {
    const inner = def.innerType ?? (def.type === 'pipe' ? def.in : undefined);
    if (inner === undefined) break;
    def = inner._zod.def;
  }
  return def;
}

/** The options of the object that the schema describes, if it describes one. */
export function shapeOf(schema: AnySchema | undefined): Definition['shape'] {
  return unwrap(schema)?.shape;
}

/** The options that an object may have, in all its allowed forms. */
export function knownKeys(schema: AnySchema | undefined): string[] {
  const def = unwrap(schema);
  if (def?.options !== undefined) return [...new Set(def.options.flatMap(knownKeys))];
  return Object.keys(def?.shape ?? {});
}

/** The schema of the value at a path. */
export function schemaAt(
  schema: AnySchema | undefined,
  path: readonly PropertyKey[],
): AnySchema | undefined {
  let at = schema;
  for (const part of path) {
    const def = unwrap(at);
    const forms = def?.options?.map((option) => shapeOf(option)?.[String(part)]);
    at = def?.shape?.[String(part)] ?? def?.element ?? forms?.find((form) => form !== undefined);
  }
  return at;
}
