import { UsageError } from '../usage.js';
import { type Json, type JsonObject, member, objectOf, textOf } from './json.js';
import type { NamedShape, OperationModel, ServiceModel } from './model.js';
import { credentials, readOperations, schemesOf } from './operations.js';
import { type Pointer, quote, References } from './references.js';
import { baseUrlOf } from './servers.js';
import { partsOf, refsIn, type Shape } from './shape.js';
import { toShape } from './to-shape.js';

/**
 * Reads an OpenAPI document.
 *
 * @param taken Names that operations must not have.
 * @throws UsageError if it is none, or if it cannot be understood.
 */
export function readModel(
  document: Json,
  given: { readonly baseUrl: string | undefined; readonly taken: Iterable<string> },
): ServiceModel {
  const { openapi, notes } = checkVersion(document);
  const references = new References(openapi);
  const info = objectOf(member(openapi, 'info'));
  const about = textOf(member(info, 'description'));
  const { operations, leftOut, notes: ofNames } = readOperations(openapi, references, given.taken);
  if (operations.length === 0) {
    const why = leftOut.length === 0 ? 'its paths have none' : leftOut.join('; ');
    throw new UsageError(`the document has no operation that can be declared: ${why}`);
  }
  const server = baseUrlOf(member(openapi, 'servers'), given.baseUrl);
  return {
    title: textOf(member(info, 'title')) ?? 'service',
    version: textOf(member(info, 'version')) ?? '',
    ...(about !== undefined && { about }),
    baseUrl: server.baseUrl,
    operations,
    leftOut,
    named: namedShapes(operations, references),
    notes: [...notes, ...credentials(openapi, schemesOf(openapi)), ...server.notes, ...ofNames],
  };
}

function checkVersion(document: Json): { openapi: JsonObject; notes: string[] } {
  const version = member(document, 'openapi');
  const old = member(document, 'swagger');
  if (old !== undefined) {
    throw new UsageError(
      `the document is Swagger ${String(old)}, and OpenAPI 3.0 or 3.1 is read: convert it first (npx swagger2openapi <file> -o openapi.json)`,
    );
  }
  if (typeof version !== 'string')
    throw new UsageError(
      'the file is no OpenAPI document: it does not say its version ("openapi": "3.1.0")',
    );
  if (!/^3\.[012](\.|$)/.test(version))
    throw new UsageError(`the document is OpenAPI ${quote(version)}, and 3.0 or 3.1 is read`);
  const notes = version.startsWith('3.2') ? ['the document is OpenAPI 3.2, read as 3.1'] : [];
  return { openapi: document as JsonObject, notes };
}

/** Every schema that operations refer to, directly or through others. */
function namedShapes(
  operations: readonly OperationModel[],
  references: References,
): ReadonlyMap<Pointer, NamedShape> {
  const found = new Map<Pointer, NamedShape>();
  const open = operations.flatMap(shapesOf).flatMap((shape) => [...refsIn(shape)]);
  for (let pointer = open.shift(); pointer !== undefined; pointer = open.shift()) {
    if (found.has(pointer)) continue;
    const schema = references.at(pointer);
    const about = textOf(member(schema, 'description')) ?? textOf(member(schema, 'title'));
    const shape = toShape(schema, references);
    found.set(pointer, { shape, ...(about !== undefined && { about }) });
    open.push(...refsIn(shape, partsOf));
  }
  return found;
}

/** What is sent of an operation. */
export function requestShapes({ params, query, headers, body }: OperationModel): Shape[] {
  const sent = [...params, ...query, ...headers].map(({ shape }) => shape);
  return body === undefined || body === 'raw' ? sent : [...sent, body.shape];
}

/** What is answered to an operation. */
export function answerShapes({ response, errors }: OperationModel): Shape[] {
  const answered = errors.map(({ shape }) => shape);
  return response === undefined ? answered : [...answered, response];
}

function shapesOf(operation: OperationModel): Shape[] {
  return [...requestShapes(operation), ...answerShapes(operation)];
}
