import { readAnswers, readBody } from './contents.js';
import { isObject, type Json, type JsonObject, listOf, member, objectOf, textOf } from './json.js';
import type { OperationModel, ParameterModel } from './model.js';
import { camelCase, isIdentifier, Names } from './names.js';
import { type Parameters, readParameters } from './parameters.js';
import type { References } from './references.js';

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'query'];

export interface ReadOperations {
  readonly operations: readonly OperationModel[];
  readonly leftOut: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Reads the operations of a document.
 *
 * @param taken Names that operations must not have.
 */
export function readOperations(
  document: JsonObject,
  references: References,
  taken: Iterable<string>,
): ReadOperations {
  const operations: OperationModel[] = [];
  const leftOut: string[] = [];
  const notes: string[] = [];
  const names = new Names(taken);
  for (const [template, given] of Object.entries(objectOf(member(document, 'paths')))) {
    const item = references.follow(given);
    if (item === undefined || !template.startsWith('/')) continue;
    if (Object.hasOwn(item, 'trace')) leftOut.push(`TRACE ${template}: fetch does not send TRACE`);
    for (const method of METHODS) {
      const operation = member(item, method);
      if (!isObject(operation)) continue;
      const what = `${method.toUpperCase()} ${template}`;
      const parameters = readParameters(
        member(item, 'parameters'),
        member(operation, 'parameters'),
        references,
      );
      const path = readPath(template, parameters);
      if (typeof path === 'string') {
        leftOut.push(`${what}: ${path}`);
        continue;
      }
      const wanted = operationName(textOf(member(operation, 'operationId')), method, template);
      const name = names.give(wanted, 'Operation');
      if (name !== wanted) notes.push(`${what} is called ${name}, because ${wanted} is taken`);
      operations.push(
        operationOf({ name, method, operation, item, path, parameters, document, references }),
      );
    }
  }
  return { operations, leftOut, notes };
}

/** From the id if it has one, and otherwise from method and path. */
function operationName(id: string | undefined, method: string, template: string): string {
  const fromPath = `${method} ${template.replaceAll('{', ' by ')}`;
  return plainName(id ?? '') || plainName(fromPath) || method;
}

/** Names of operations are plain ASCII, and not long. */
function plainName(text: string): string {
  const ascii = text.normalize('NFKD').replace(/[^\x20-\x7e]|\$/g, ' ');
  return camelCase(ascii.replace(/ +/g, ' ').trim(), '').slice(0, 60);
}

interface Source {
  readonly name: string;
  readonly method: string;
  readonly operation: JsonObject;
  readonly item: JsonObject;
  readonly path: Path;
  readonly parameters: Parameters;
  readonly document: JsonObject;
  readonly references: References;
}

function operationOf({
  name,
  method,
  operation,
  item,
  path,
  parameters,
  document,
  references,
}: Source): OperationModel {
  const upper = method.toUpperCase();
  const body = readBody(member(operation, 'requestBody'), upper, references);
  const answers = readAnswers(member(operation, 'responses'), upper, references);
  const { query, openQuery, headers, idempotencyKey } = parameters;
  const summary = textOf(member(operation, 'summary')) ?? textOf(member(operation, 'description'));
  const { notes: ofBody, ...sends } = body;
  const { notes: ofAnswers, ...gets } = answers;
  return {
    name,
    method: upper,
    path: path.path,
    params: path.params,
    query,
    openQuery,
    headers,
    idempotencyKey,
    deprecated: member(operation, 'deprecated') === true,
    ...(summary !== undefined && { summary }),
    ...sends,
    ...gets,
    notes: [
      ...credentials(operation, schemesOf(document)),
      ...(listOf(member(operation, 'servers') ?? member(item, 'servers')).length > 0
        ? ['this operation has servers of its own']
        : []),
      ...path.notes,
      ...parameters.notes,
      ...ofBody,
      ...ofAnswers,
    ],
  };
}

interface Path {
  readonly path: string;
  readonly params: readonly ParameterModel[];
  readonly notes: readonly string[];
}

/** `/orders/{order-id}` as `/orders/:orderId`, or why that cannot be. */
function readPath(template: string, parameters: Parameters): Path | string {
  const names = new Names([]);
  const params: ParameterModel[] = [];
  const notes: string[] = [];
  const segments: string[] = [];
  if (/\/\/|\p{Surrogate}/u.test(template))
    return 'the path has an empty segment or a broken character';
  for (const segment of template.split('/')) {
    const original = /^\{([^{}]+)\}$/.exec(segment)?.[1];
    if (original === undefined) {
      if (/[{}]/.test(segment))
        return `${segment} is a parameter and more in one segment of the path`;
      if (segment.startsWith(':')) return `a segment that begins with : stands for a parameter`;
      if (/[?#]|^(?:\.|%2e){1,2}$/i.test(segment)) return `${segment} cannot be in a path`;
      segments.push(segment.replace(NOT_LITERAL, encodeURIComponent));
      continue;
    }
    const wanted = parameterName(original);
    const name = names.give(wanted);
    const known = parameters.path.get(original);
    if (known === undefined) notes.push(`the document does not describe the parameter ${original}`);
    params.push({ ...(known ?? { shape: { kind: 'string' }, required: true }), name });
    segments.push(`:${name}`);
  }
  for (const name of parameters.path.keys())
    if (!template.includes(`{${name}}`)) notes.push(`the parameter ${name} is not in the path`);
  return { path: segments.join('/'), params, notes };
}

/** What has to be encoded in a path. */
const NOT_LITERAL = /%(?![0-9A-Fa-f]{2})|[^\w.~!$&'()*+,;=:@%-]+/gu;

/** Names in a path are plain ASCII. */
function parameterName(original: string): string {
  if (/^[A-Za-z_]\w*$/.test(original)) return original;
  const name = camelCase(original, 'param').replace(/\W/g, '');
  return isIdentifier(name) ? name : 'param';
}

/** Which credentials are wanted, in words: by an operation that says so itself, or by the document. */
export function credentials(from: JsonObject, schemes: Json | undefined): string[] {
  const wanted = member(from, 'security');
  if (wanted === undefined) return [];
  const ways = listOf(wanted).map((way) =>
    Object.keys(objectOf(way))
      .map((name) => described(name, member(schemes, name)))
      .join(' and '),
  );
  const named = [...new Set(ways.map((way) => (way === '' ? 'none' : way)))];
  return [`credentials: ${named.length === 0 ? 'none' : named.join(', or ')}`];
}

function described(name: string, scheme: Json | undefined): string {
  const type = textOf(member(scheme, 'type'));
  if (type === 'apiKey')
    return `${name} (${textOf(member(scheme, 'in')) ?? 'header'} ${textOf(member(scheme, 'name')) ?? ''})`;
  if (type === 'http')
    return `${name} (Authorization: ${textOf(member(scheme, 'scheme')) ?? 'basic'})`;
  return type === undefined ? name : `${name} (${type})`;
}

export function schemesOf(document: JsonObject): Json | undefined {
  return member(member(document, 'components'), 'securitySchemes');
}
