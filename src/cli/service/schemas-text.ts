import type { NamedShape, ServiceModel } from './model.js';
import { type Names, pascalCase } from './names.js';
import { remark } from './quoted.js';
import { answerShapes, requestShapes } from './read-model.js';
import { keysOf, type Pointer } from './references.js';
import { graphOf, reachable, type SchemaGraph } from './schema-graph.js';
import { type Field, partsOf, refsIn, type Shape, sameValueParts } from './shape.js';
import { typeText } from './type-text.js';
import { type Scope, zodText } from './zod-text.js';

/** What schemas are made of: zod's, or types without a check. */
export type SchemasKind = 'zod' | 'none';

/** Which side of a call a schema is for. */
export type Side = 'request' | 'response';
const SIDES = ['request', 'response'] as const;

/** Writes the schema of one part of an operation. */
export type SchemaPrinter = (shape: Shape, side: Side, indent: string) => string;

/** The named schemas of a service, and what writes those without a name. */
export function schemasText(
  model: ServiceModel,
  names: Names,
  kind: SchemasKind,
): { text: string; printer: SchemaPrinter } {
  const schemas = new Schemas(model, names, kind);
  return {
    text: schemas.text(),
    printer: (shape, side, indent) => schemas.schema(shape, side, indent),
  };
}

class Schemas {
  readonly #named: ReadonlyMap<Pointer, NamedShape>;
  readonly #kind: SchemasKind;
  readonly #graph: SchemaGraph;
  readonly #sides: Readonly<Record<Side, ReadonlySet<Pointer>>>;
  /** Schemas that say something else in a request than in a response. */
  readonly #twofold: ReadonlySet<Pointer>;
  /** Schemas that are one of several in a union. */
  readonly #inUnion: ReadonlySet<Pointer>;
  readonly #called = new Map<string, string>();

  constructor(model: ServiceModel, names: Names, kind: SchemasKind) {
    const { named, operations } = model;
    this.#named = named;
    this.#kind = kind;
    this.#graph = graphOf(named);
    this.#sides = {
      request: reachable(named, operations.flatMap(requestShapes)),
      response: reachable(named, operations.flatMap(answerShapes)),
    };
    const pointers = [...named.keys()];
    const differs = new Set(pointers.filter((each) => hasOneSided(this.#shape(each))));
    this.#twofold = new Set(
      pointers.filter(
        (each) =>
          SIDES.every((side) => this.#sides[side].has(each)) &&
          [each, ...reachable(named, [this.#shape(each)])].some((to) => differs.has(to)),
      ),
    );
    const shapes = [
      ...operations.flatMap(answerShapes),
      ...[...named.values()].map((each) => each.shape),
    ];
    this.#inUnion = new Set(shapes.flatMap((shape) => [...unionRefs(shape)]));
    for (const pointer of named.keys()) {
      const name = names.give(pascalCase(nameIn(pointer), 'Schema'), 'Schema');
      this.#called.set(pointer, name);
      if (this.#twofold.has(pointer))
        this.#called.set(`request ${pointer}`, names.give(`${name}Input`));
    }
  }

  text(): string {
    return this.#graph.order
      .flatMap((pointer) =>
        this.#twofold.has(pointer)
          ? SIDES.map((side) => this.#declared(pointer, [side]))
          : [
              this.#declared(
                pointer,
                SIDES.filter((side) => this.#sides[side].has(pointer)),
              ),
            ],
      )
      .join('\n');
  }

  schema(shape: Shape, side: Side, indent: string): string {
    return this.#kind === 'zod'
      ? zodText(shape, this.#scope([side]), indent)
      : `unchecked<${typeText(shape, this.#typeScope([side]), indent)}>()`;
  }

  #shape(pointer: Pointer): Shape {
    return this.#named.get(pointer)?.shape ?? { kind: 'unknown' };
  }

  #name(pointer: Pointer, within: readonly Side[]): string {
    const isRequest = this.#twofold.has(pointer) && within[0] === 'request';
    return this.#called.get(isRequest ? `request ${pointer}` : pointer) ?? 'unknown';
  }

  #declared(pointer: Pointer, within: readonly Side[]): string {
    const { shape, about } = this.#named.get(pointer) ?? { shape: this.#shape(pointer) };
    const name = this.#name(pointer, within);
    const comment = about === undefined ? '' : `/** ${remark(about)} */\n`;
    const type = () => typeText(shape, this.#typeScope(within, pointer), '');
    if (this.#kind === 'none') return `${comment}export type ${name} = ${type()};\n`;
    const schema = zodText(shape, this.#scope(within, pointer), '');
    // A schema that is made from itself cannot have the type that TypeScript infers.
    return this.#graph.isRecursive(pointer)
      ? `${comment}export type ${name} = ${type()};\nexport const ${name}: z.ZodType<${name}, ${name}> = ${schema};\n`
      : `${comment}export const ${name} = ${schema};\nexport type ${name} = z.infer<typeof ${name}>;\n`;
  }

  /** @param from The named schema that is written. */
  #scope(within: readonly Side[], from?: Pointer): Scope {
    return {
      ref: ({ to }) => {
        const name = this.#name(to, within);
        if (from === undefined || !this.#graph.inOneCircle(from, to)) return name;
        return this.#isEndless(from, to)
          ? `/* ${remark(nameIn(to))} is made from itself: not checked */ z.unknown()`
          : `z.lazy(() => ${name})`;
      },
      fields: (fields) => fieldsWithin(fields, within),
      // A reader that refuses fields that came later would break. In a union, they tell which of its members it is.
      strict: !within.includes('response') || (from !== undefined && this.#inUnion.has(from)),
    };
  }

  #typeScope(within: readonly Side[], from?: Pointer) {
    return {
      ...this.#scope(within, from),
      ref: ({ to }: { readonly to: Pointer }): string =>
        from !== undefined && this.#isEndless(from, to) ? 'unknown' : this.#name(to, within),
    };
  }

  #isEndless(from: Pointer, to: Pointer): boolean {
    return this.#graph.isEndless(from, to) && refsIn(this.#shape(from), sameValueParts).has(to);
  }
}

/** The fields of one side: those of the other are left out. Where both meet, they may be missing. */
function fieldsWithin(fields: readonly Field[], within: readonly Side[]): readonly Field[] {
  return fields
    .filter(({ only }) => only === undefined || within.includes(only))
    .map((field) =>
      field.only === undefined || within.length === 1 ? field : { ...field, required: false },
    );
}

/** Whether a field has to be there on one side only. */
function hasOneSided(shape: Shape): boolean {
  const own =
    shape.kind === 'object' &&
    shape.fields.some(({ only, required }) => only !== undefined && required);
  return own || partsOf(shape).some(hasOneSided);
}

/** What a shape refers to as a member of a union. */
function unionRefs(shape: Shape, found: Set<Pointer> = new Set()): Set<Pointer> {
  if (shape.kind === 'union') for (const each of refsIn(shape, sameValueParts)) found.add(each);
  for (const part of partsOf(shape)) unionRefs(part, found);
  return found;
}

/** The last part of a pointer that is a name. */
function nameIn(pointer: Pointer): string {
  const keys = keysOf(pointer).filter((key) => !/^(schema|items|properties|\d+)$/.test(key));
  return keys.at(-1) ?? 'Schema';
}
