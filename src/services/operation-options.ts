import { once } from '../config/once.js';
import { flag, nested, oneOf, positiveCount, text } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import { ConfigError } from '../errors.js';
import { clientHint } from '../fetch/hints.js';
import { overridesSchema } from '../fetch/overrides.js';
import type { Cost } from '../pipeline/contract/call-traits.js';
import { isCorrectable, isCost } from '../pipeline/options/call-options.js';
import type { ResolvedContract } from './contract/options.js';
import { contractShape, resolveContract } from './contract/options.js';
import type {
  AnySchema,
  OperationDeclaration,
  OperationOverrides,
  ReadAs,
  ServiceDeclaration,
} from './declaration.js';
import { PathFault, type PathTemplate, parsePath } from './path-template.js';

/** How large an answer may be, unless told otherwise. */
export const DEFAULT_MAX_BYTES = 10 * 1024 * 1024;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'] as const;
const READ_AS = ['json', 'text', 'bytes', 'response', 'nothing'] as const;
const RESERVED =
  /^(?:then|catch|finally|toJSON|toString|valueOf|constructor|prototype|hasOwnProperty|__proto__)$/;
const OPERATION_NAME = /^[A-Za-z_]\w{0,63}$/;
const ERROR_KEY = /^(?:[1-5]\d\d|[1345]xx|default)$/;

/** An operation with everything filled in. */
export interface ResolvedOperation {
  readonly name: string;
  readonly method: string;
  readonly path: PathTemplate;
  readonly params: AnySchema | undefined;
  readonly query: AnySchema | undefined;
  readonly headers: AnySchema | undefined;
  readonly body: AnySchema | 'raw' | undefined;
  readonly response: AnySchema | undefined;
  readonly as: ReadAs;
  /** Whether the content type of an answer has to say JSON. */
  readonly checksType: boolean;
  readonly accept: string | undefined;
  readonly errors: Readonly<Record<string, AnySchema>>;
  readonly fallback: { readonly answer: unknown } | undefined;
  readonly overrides: object | undefined;
  readonly contract: ResolvedContract;
  readonly maxBytes: number;
}

const schemaOfValues = () =>
  z.custom<AnySchema>(
    isSchema,
    'must be a schema with the Standard Schema interface, such as one of zod, valibot or arktype',
  );

function isSchema(value: unknown): boolean {
  if (Object(value) !== value) return false;
  const { validate, version } = Object((value as Partial<AnySchema>)['~standard']) as {
    validate?: unknown;
    version?: unknown;
  };
  return typeof validate === 'function' && version === 1;
}

/** The schema of ContractOptions. */
export const contractSchema = () => nested(z.strictObject(contractShape()));

const operationSchema = /* @__PURE__ */ once(() => {
  const { key, idempotencyKey, ...overrides } = z.shapeOf(overridesSchema());
  return z.strictObject({
    ...overrides,
    method: oneOf(METHODS),
    path: z.checked<string>(
      "must be a path, such as '/orders/:orderId'",
      (value) => typeof value === 'string',
    ),
    params: z.optional(schemaOfValues()),
    query: z.optional(schemaOfValues()),
    headers: z.optional(schemaOfValues()),
    body: z.optional(
      z.custom<AnySchema | 'raw'>(
        (value) => value === 'raw' || isSchema(value),
        "must be a schema with the Standard Schema interface, or 'raw'",
      ),
    ),
    response: z.optional(schemaOfValues()),
    as: z.optional(oneOf(READ_AS)),
    errors: z.optional(
      z.custom<Readonly<Record<string, AnySchema>>>(
        areErrors,
        "must be an object of schemas, by status (404), class of statuses ('4xx') or 'default'; 200 to 299 are successes",
      ),
    ),
    idempotencyKey: z.optional(flag()),
    fallback: z.optional(
      z.custom<unknown>(
        (value) => !(value instanceof Promise),
        'must be a value or a function, not a promise: pass the function that makes it',
      ),
    ),
    maxResponseBytes: z.optional(positiveCount()),
    cost: z.optional(
      z.custom<Cost>(
        (value) => isCost(value) && !isCorrectable(value),
        'must be a number of permits (0 to 2^53 - 1) or numbers by the names of rate limiters; give a callCost to each call',
      ),
    ),
    contract: z.optional(contractSchema()),
    summary: z.optional(text()),
    deprecated: z.optional(flag()),
  });
});

function areErrors(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(value).every(
      ([key, each]) => ERROR_KEY.test(key) && !/^2\d\d$/.test(key) && isSchema(each),
    )
  );
}

const OPERATION_NAMES: Readonly<Record<string, string>> = {
  body: 'requestBody input data payload json',
  response: 'output result returns responseBody responses',
  path: 'url uri route endpoint pathname',
  params: 'pathParams parameters pathParameters',
  query: 'queryParams searchParams search qs',
  headers: 'header requestHeaders',
  errors: 'error errorResponses failures',
  method: 'verb httpMethod',
  idempotencyKey: 'idempotency',
};

function operationHint(name: string, known: readonly string[]): string | undefined {
  const meant = Object.keys(OPERATION_NAMES).find((ours) =>
    OPERATION_NAMES[ours]?.split(' ').includes(name),
  );
  if (meant !== undefined) return `: did you mean "${meant}"?`;
  return clientHint(name, known, undefined);
}

/** @throws ConfigError */
export function resolveOperation(
  name: string,
  declared: unknown,
  parent: string,
  service: Pick<ServiceDeclaration, 'contract' | 'maxResponseBytes'>,
): ResolvedOperation {
  if (!OPERATION_NAME.test(name) || RESERVED.test(name)) {
    const message = RESERVED.test(name)
      ? 'is a reserved name: give the operation another one'
      : 'must be named by letters, digits and _, and not begin with a digit or $';
    throw wrong(parent, name, message, undefined);
  }
  const path = `${parent}.${name}`;
  const given = parseOptions(operationSchema, declared, path, operationHint);
  const { method, params, query, headers, body, response, fallback } = given;
  const template = templateOf(given.path, path);
  if ((method === 'GET' || method === 'HEAD') && body !== undefined) {
    throw wrong(
      path,
      'body',
      `a ${method} has no body: leave it out, or use another method`,
      undefined,
    );
  }
  const as = given.as ?? (response === undefined ? 'nothing' : 'json');
  if (response !== undefined && (as === 'response' || as === 'nothing')) {
    throw wrong(
      path,
      'response',
      `cannot be checked, as the answer is read as ${as}: leave out one of both`,
      undefined,
    );
  }
  if (method === 'HEAD' && as !== 'response' && as !== 'nothing') {
    throw wrong(
      path,
      'response',
      "the answer to a HEAD has no body: use as: 'response'",
      undefined,
    );
  }
  assertParams(params, template, path);
  return {
    ...{ name, method, path: template, params, query, headers, body, response, as },
    checksType: given.as === undefined,
    accept: as === 'json' ? 'application/json' : undefined,
    errors: given.errors ?? {},
    fallback: 'fallback' in given && fallback !== undefined ? { answer: fallback } : undefined,
    overrides: overridesOf(declared as OperationDeclaration),
    contract: resolveContract(service.contract, given.contract),
    maxBytes: given.maxResponseBytes ?? service.maxResponseBytes ?? DEFAULT_MAX_BYTES,
  };
}

function templateOf(given: string, path: string): PathTemplate {
  try {
    return parsePath(given);
  } catch (error) {
    if (!(error instanceof PathFault)) throw error;
    throw wrong(path, 'path', error.message, given);
  }
}

/** Compares the names that a schema of parameters declares, if it tells, with those in the path. */
function assertParams(params: AnySchema | undefined, { names }: PathTemplate, path: string): void {
  if (params === undefined) return;
  if (names.length === 0) throw wrong(path, 'params', 'the path has no parameters', undefined);
  const { shape, entries } = params as { shape?: unknown; entries?: unknown };
  const fields = shape ?? entries;
  if (typeof fields !== 'object' || fields === null) return;
  const declared = Object.keys(fields);
  const missing = names.find((name) => !declared.includes(name));
  if (missing !== undefined) {
    throw wrong(
      path,
      'params',
      `the path has :${missing}, which params does not declare`,
      undefined,
    );
  }
  const extra = declared.find((name) => !names.includes(name));
  if (extra !== undefined) throw wrong(path, 'params', `the path has no :${extra}`, undefined);
}

const OVERRIDES: readonly (keyof OperationOverrides | 'idempotencyKey')[] = [
  'idempotent',
  'classify',
  'retryAfter',
  'idempotencyKey',
  'retry',
  'priority',
  'totalTimeout',
  'attemptTimeout',
  'cost',
  'beforeAttempt',
  'idleTimeout',
  'bodyTimeout',
];

/** What the operation sets for each of its calls. As it was given, since each call reads it. */
function overridesOf(declared: OperationDeclaration): object | undefined {
  const set = OVERRIDES.filter((name) => declared[name] !== undefined);
  if (set.length === 0) return undefined;
  return Object.fromEntries(set.map((name) => [name, declared[name]]));
}

/** A wrong option. */
export function wrong(
  parent: string,
  option: string,
  message: string,
  value: unknown,
): ConfigError {
  const path = `${parent}.${option}`;
  return new ConfigError(`${path}: ${message}`, { path, value, policy: 'defineService' });
}
