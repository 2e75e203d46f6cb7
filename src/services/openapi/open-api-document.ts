import type { AnySchema, OperationDeclaration, ServiceDeclaration } from '../declaration.js';
import { parsePath } from '../path-template.js';
import type { StandardSchema } from '../standard-schema.js';
import { Components } from './components.js';
import type { JsonSchema, ToJsonSchema } from './json-schema.js';
import { fieldParameters, type ParameterObject, pathParameters } from './parameters.js';

/** An OpenAPI document: plain JSON. */
export interface OpenApiDocument {
  /** `3.1.1`, or `3.2.0` for a service with a `QUERY`. */
  readonly openapi: string;
  /** What the document is about. */
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description?: string;
  };
  /** Where the service is. Left out if `baseUrl` is a function. */
  readonly servers?: readonly { readonly url: string }[];
  /** The operations, by path and method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  /** The schemas that are used more than once, or that refer to themselves. */
  readonly components?: { readonly schemas: Readonly<Record<string, object>> };
}

interface OperationObject {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

interface ResponseObject {
  readonly description: string;
  readonly content?: Content;
}

type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>;

/** What the declaration does not say. */
export interface DocumentFacts {
  readonly title: string;
  readonly version: string;
  readonly description?: string | undefined;
  readonly toJsonSchema?: ToJsonSchema | undefined;
}

/** The document of a declaration. */
export function openApiDocument(
  { baseUrl, operations }: Pick<ServiceDeclaration, 'baseUrl' | 'operations'>,
  { title, version, description, toJsonSchema }: DocumentFacts,
): OpenApiDocument {
  const components = new Components(toJsonSchema, Object.values(operations).flatMap(schemasOf));
  const paths = new Map<string, Map<string, OperationObject>>();
  for (const [name, operation] of Object.entries(operations)) {
    const { template } = parsePath(operation.path);
    const method = operation.method.toLowerCase();
    const item = paths.get(template) ?? new Map<string, OperationObject>();
    paths.set(template, item);
    const first = item.get(method);
    item.set(
      method,
      first === undefined
        ? operationObject(name, operation, components)
        : // A document has one operation for each method of a path.
          {
            ...first,
            description: [first.description, `The service declares this as ${name}, too.`]
              .filter(Boolean)
              .join(' '),
          },
    );
  }
  const schemas = components.all();
  const hasQuery = Object.values(operations).some(({ method }) => method === 'QUERY');
  return {
    openapi: hasQuery ? '3.2.0' : '3.1.1',
    info: { title, version, ...(description !== undefined && { description }) },
    ...(typeof baseUrl !== 'function' && {
      servers: [{ url: String(baseUrl).replace(/\/+$/, '') }],
    }),
    paths: Object.fromEntries([...paths].map(([path, item]) => [path, Object.fromEntries(item)])),
    ...(schemas !== undefined && { components: { schemas } }),
  };
}

function schemasOf({ body, response, errors }: OperationDeclaration): StandardSchema[] {
  const all = [body, response, ...Object.values(errors ?? {})];
  return all.filter((each): each is AnySchema => each !== undefined && each !== 'raw');
}

function operationObject(
  name: string,
  operation: OperationDeclaration,
  components: Components,
): OperationObject {
  const { summary, deprecated } = operation;
  const parameters = parametersOf(name, operation, components);
  const requestBody = bodyOf(name, operation, components);
  return {
    operationId: name,
    ...(summary !== undefined && { summary }),
    ...(deprecated === true && { deprecated }),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody !== undefined && { requestBody }),
    responses: responsesOf(name, operation, components),
  };
}

function parametersOf(
  name: string,
  { path, params, query, headers, idempotencyKey }: OperationDeclaration,
  components: Components,
): ParameterObject[] {
  const open = (schema: AnySchema | undefined, part: string): JsonSchema =>
    schema === undefined ? {} : components.open(schema, 'request', nameOf(name, part));
  const key: ParameterObject = {
    name: 'Idempotency-Key',
    in: 'header',
    required: true,
    schema: { type: 'string' },
  };
  return [
    ...pathParameters(parsePath(path).names, open(params, 'Params')),
    ...fieldParameters('query', open(query, 'Query')),
    ...fieldParameters('header', open(headers, 'Headers')),
    ...(idempotencyKey === true ? [key] : []),
  ];
}

function bodyOf(
  name: string,
  { body }: OperationDeclaration,
  components: Components,
): OperationObject['requestBody'] {
  if (body === undefined) return undefined;
  if (body === 'raw') return { required: true, content: { '*/*': {} } };
  const schema = components.of(body, 'request', nameOf(name, 'Request'));
  return { required: !acceptsNothing(body), content: { 'application/json': { schema } } };
}

/** Whether the body may be left out. Only the schema knows. */
function acceptsNothing(schema: AnySchema): boolean {
  try {
    const result = schema['~standard'].validate(undefined);
    return (
      !(result instanceof Promise) && result.issues === undefined && result.value === undefined
    );
  } catch {
    return false;
  }
}

function responsesOf(
  name: string,
  { response, as, errors }: OperationDeclaration,
  components: Components,
): Record<string, ResponseObject> {
  const schema =
    response === undefined
      ? undefined
      : components.of(response, 'response', nameOf(name, 'Response'));
  const responses: Record<string, ResponseObject> = {
    '2XX': success(as ?? (response === undefined ? 'nothing' : 'json'), schema),
  };
  for (const [key, each] of Object.entries(errors ?? {})) {
    if (each === undefined) continue;
    const status = key.replace(/^(\d)xx$/, '$1XX');
    responses[status] = {
      description: key === 'default' ? 'Any other answer' : `The answer of status ${status}`,
      content: {
        'application/json': {
          schema: components.of(each, 'response', nameOf(name, `Error${status}`)),
        },
      },
    };
  }
  return responses;
}

function success(
  as: NonNullable<OperationDeclaration['as']>,
  schema: JsonSchema | undefined,
): ResponseObject {
  const body = schema === undefined ? {} : { schema };
  switch (as) {
    case 'nothing':
      return { description: 'Done. A body is not read' };
    case 'json':
      return { description: 'Done', content: { 'application/json': body } };
    case 'text':
      return {
        description: 'Done',
        content: { 'text/plain': { schema: schema ?? { type: 'string' } } },
      };
    case 'bytes':
      return { description: 'Done', content: { 'application/octet-stream': body } };
    case 'response':
      return { description: 'Done', content: { '*/*': body } };
  }
}

/** `getOrder` and `Response` as `GetOrderResponse`. */
function nameOf(operation: string, part: string): string {
  const name = operation.replace(/[^\w.-]/g, '_');
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}${part}`;
}
