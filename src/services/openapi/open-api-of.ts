import { once } from '../../config/once.js';
import { fnOf } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import { ConfigError } from '../../errors.js';
import type { BaseUrl, Operations } from '../declaration.js';
import type { StandardSchema } from '../standard-schema.js';
import { type OpenApiDocument, openApiDocument } from './open-api-document.js';

/** Options of {@link openApiOf}. */
export interface OpenApiOptions {
  /** The version of the API, such as `2.4.1`. */
  readonly version: string;
  /** The name of the API. Default: the service's name. */
  readonly title?: string | undefined;
  /** What the API does. Default: none. */
  readonly description?: string | undefined;
  /**
   * Makes JSON Schema (draft 2020-12) of a schema: of a request what the schema makes, which is what is sent, and of a response what it
   * accepts. It may return `undefined` if it does not know the schema. Default: the schema's own `~standard.jsonSchema`, which those of
   * zod 4.2 and arktype 2.1.28 have.
   */
  readonly toJsonSchema?:
    | ((schema: StandardSchema, side: 'request' | 'response') => unknown)
    | undefined;
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '';
const textOfIts = (what: string) => z.custom<string>(isText, `must be ${what}`);

const optionsSchema = /* @__PURE__ */ once(() =>
  z.strictObject({
    version: textOfIts("the version of the API, such as '1.0.0'"),
    title: z.optional(textOfIts('the name of the API')),
    description: z.optional(textOfIts('a text')),
    toJsonSchema: z.optional(fnOf<NonNullable<OpenApiOptions['toJsonSchema']>>()),
  }),
);

/**
 * Prints the declaration of a service as an OpenAPI 3.1 document: plain JSON, with an operation for each operation, and the schemas as
 * JSON Schema. A schema that has none becomes an empty one that says so.
 *
 * @throws ConfigError when an option is wrong, or the first argument is no service of `defineService`. What `toJsonSchema` throws is
 * passed on.
 * @example
 * await writeFile('openapi.json', JSON.stringify(openApiOf(email, { version: '1.0.0' }), undefined, 2));
 */
export function openApiOf(
  service: {
    readonly $: {
      readonly name: string;
      readonly declaration: { readonly baseUrl: BaseUrl; readonly operations: Operations };
    };
  },
  options: OpenApiOptions,
): OpenApiDocument {
  const state = (Object(service) as Partial<typeof service>).$;
  if (state?.declaration?.operations === undefined) {
    const message = 'must be a service that defineService has made';
    throw new ConfigError(`openApiOf: the first argument ${message}`, {
      path: 'openApiOf.service',
      value: service,
      policy: 'openApiOf',
    });
  }
  const { title = state.name, ...facts } = parseOptions(optionsSchema, options, 'openApiOf');
  return openApiDocument(state.declaration, { title, ...facts });
}
