import type { GraphqlKind } from './document.js';
import { operationOf } from './document.js';

/** What is known of the operation in a request. */
export interface GraphqlOperation {
  /**
   * What it does. `undefined` if the request does not tell: it has only the hash or the name of a persisted document, or cannot be read. A
   * batch with different operations is a mutation if one of them is.
   */
  readonly kind: GraphqlKind | undefined;
  /** Its name, if it has one. That of a batch is not told. */
  readonly name: string | undefined;
}

/** The part of a request that tells. */
export interface GraphqlRequest {
  readonly url: string;
  readonly method: string;
  readonly body?: unknown;
}

interface Params {
  readonly query?: unknown;
  readonly operationName?: unknown;
}

const UNKNOWN: GraphqlOperation = Object.freeze({ kind: undefined, name: undefined });

/** The operation of a request by GraphQL over HTTP: in the URL of a GET, otherwise in a JSON body. It never throws. */
export function operationIn({ url, method, body }: GraphqlRequest): GraphqlOperation {
  const inUrl = paramsIn(url);
  if (method === 'GET' || method === 'HEAD') return ofParams(inUrl ?? {});
  // Servers differ in which of two documents they run.
  if (inUrl?.query !== undefined) return UNKNOWN;
  const params = jsonOf(body);
  return Array.isArray(params)
    ? ofBatch(params.map((each) => ofParams(each, inUrl)))
    : ofParams(params, inUrl);
}

/** @param inUrl Some servers take the name from there first. */
function ofParams(params: unknown, inUrl?: Params): GraphqlOperation {
  const { query, operationName } = Object(params) as Params;
  const name = nameIn(operationName);
  if (typeof query !== 'string') return name === undefined ? UNKNOWN : { kind: undefined, name };
  const found = operationOf(query, name);
  const other = nameIn(inUrl?.operationName);
  const differs = other !== undefined && operationOf(query, other)?.kind !== found?.kind;
  return { kind: differs ? undefined : found?.kind, name: found?.name ?? name };
}

function ofBatch(operations: readonly GraphqlOperation[]): GraphqlOperation {
  const kinds = new Set(operations.map(({ kind }) => kind));
  if (kinds.has('mutation')) return { kind: 'mutation', name: undefined };
  return kinds.size === 1 ? { kind: [...kinds][0], name: undefined } : UNKNOWN;
}

function nameIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function paramsIn(url: string): Params | undefined {
  if (!url.includes('?') || !URL.canParse(url)) return undefined;
  const { searchParams } = new URL(url);
  return {
    query: searchParams.get('query') ?? undefined,
    operationName: searchParams.get('operationName') ?? undefined,
  };
}

function jsonOf(body: unknown): unknown {
  try {
    return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body as never));
  } catch {
    return undefined;
  }
}
