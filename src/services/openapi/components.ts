import type { StandardSchema } from '../standard-schema.js';
import {
  hasOwnRefs,
  type JsonSchema,
  jsonSchemaOf,
  moved,
  type SchemaSide,
  type ToJsonSchema,
} from './json-schema.js';

/** What stands for a schema that nobody can express. */
const UNKNOWN: JsonSchema = {
  description: 'The declaration checks this with a schema that has no JSON Schema.',
};

/** The schemas of a document. One that refers to itself, or that is used again, gets a name. */
export class Components {
  readonly #convert: ToJsonSchema | undefined;
  readonly #uses: ReadonlyMap<StandardSchema, number>;
  readonly #named = new Map<string, JsonSchema>();
  readonly #names = new Map<string, string>();

  /** @param used Every schema of the document, once for each use. */
  constructor(convert: ToJsonSchema | undefined, used: readonly StandardSchema[]) {
    this.#convert = convert;
    const uses = new Map<StandardSchema, number>();
    for (const schema of used) uses.set(schema, (uses.get(schema) ?? 0) + 1);
    this.#uses = uses;
  }

  /** The schema, or a reference to it. */
  of(schema: StandardSchema, side: SchemaSide, name: string): JsonSchema {
    const json = jsonSchemaOf(schema, side, this.#convert);
    if (json === undefined) return UNKNOWN;
    if ((this.#uses.get(schema) ?? 0) < 2 && !hasOwnRefs(json)) return json;
    return { $ref: `#/components/schemas/${this.#place(json, name)}` };
  }

  /** The schema itself, for what needs its fields. References in it are right. */
  open(schema: StandardSchema, side: SchemaSide, name: string): JsonSchema {
    const json = jsonSchemaOf(schema, side, this.#convert);
    if (json === undefined || !hasOwnRefs(json)) return json ?? {};
    return this.#named.get(this.#place(json, name)) ?? {};
  }

  /** The named schemas, or `undefined` if there are none. */
  all(): Readonly<Record<string, JsonSchema>> | undefined {
    return this.#named.size === 0 ? undefined : Object.fromEntries(this.#named);
  }

  #place(json: JsonSchema, wanted: string): string {
    const text = JSON.stringify(json);
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const title = json['title'] ?? json['id'];
    const base = typeof title === 'string' && /^[\w.-]+$/.test(title) ? title : wanted;
    let name = base;
    for (let n = 2; this.#named.has(name); n += 1) name = `${base}${n}`;
    this.#names.set(text, name);
    this.#named.set(name, moved(json, `#/components/schemas/${name}`));
    return name;
  }
}
