import ts from '@typescript/typescript6';
import * as z from 'zod';
import { declarationText } from '../../../src/cli/service/declaration-text.js';
import type { Json, JsonObject } from '../../../src/cli/service/json.js';
import { RESERVED_OPERATIONS } from '../../../src/cli/service/names.js';
import { readModel } from '../../../src/cli/service/read-model.js';
import type { SchemasKind } from '../../../src/cli/service/schemas-text.js';

/** The declaration that `holdfast service` writes for a document. */
export function written(
  document: Json,
  { schemas = 'zod', baseUrl }: { schemas?: SchemasKind; baseUrl?: string } = {},
): string {
  const model = readModel(document, { baseUrl, taken: RESERVED_OPERATIONS });
  return declarationText(model, { name: 'shop', source: 'openapi.json', schemas });
}

/** A document with these paths and schemas. */
export function documentOf(
  paths: JsonObject,
  schemas: JsonObject = {},
  openapi = '3.1.0',
): JsonObject {
  return {
    openapi,
    info: { title: 'Shop', version: '1.0.0' },
    servers: [{ url: 'https://shop.example' }],
    paths,
    components: { schemas },
  };
}

export const answering = (schema: Json): JsonObject => ({
  responses: { 200: { description: 'ok', content: { 'application/json': { schema } } } },
});

/** A document whose one operation answers what the schema says. */
export function answers(schema: Json, schemas: JsonObject = {}, openapi = '3.1.0'): JsonObject {
  return documentOf(
    { '/thing': { get: { operationId: 'thing', ...answering(schema) } } },
    schemas,
    openapi,
  );
}

/** What `defineService` gets when the file runs. */
export interface Declared {
  readonly name: string;
  readonly declaration: {
    readonly baseUrl: string;
    readonly operations: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
}

/** Runs a declaration, with a `defineService` that only says what it was given. */
export function run(text: string): Declared {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  let declared: Declared | undefined;
  const modules: Readonly<Record<string, unknown>> = {
    zod: z,
    'holdfast/services': {
      defineService: (name: string, declaration: Declared['declaration']) => {
        declared = { name, declaration };
        return declared;
      },
    },
  };
  new Function('require', 'exports', outputText)((name: string) => modules[name], {});
  if (declared === undefined) throw new Error('nothing was declared');
  return declared;
}

/** The zod schema of what {@link answers} answers. */
export function responseOf(document: JsonObject): z.ZodType {
  return run(written(document)).declaration.operations['thing']?.['response'] as z.ZodType;
}
