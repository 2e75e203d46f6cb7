import type { BodyOf } from '../fetch/client/resilient-fetch.js';
import type { ClientOptions } from '../fetch/options.js';
import type { FetchOverrides } from '../fetch/overrides.js';
import type { BodyFactory } from '../fetch/request/body.js';
import type { FetchInit, FetchLike, FetchResponse, HostFetch } from '../fetch/types.js';
import type { Cost } from '../pipeline/contract/call-traits.js';
import type { ContractOptions } from './contract/options.js';
import type { StandardSchema } from './standard-schema.js';

/** Any schema. */
export type AnySchema = StandardSchema<unknown, unknown>;

/** The methods of operations. */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'QUERY';

/** What a successful answer is read as. */
export type ReadAs = 'json' | 'text' | 'bytes' | 'response' | 'nothing';

/** A body that is sent as it is: a text, bytes, URLSearchParams, FormData, a Blob, or a function that makes one for each attempt. */
export type RawBody =
  | NonNullable<BodyOf<FetchInit<HostFetch>>>
  | BodyFactory<NonNullable<BodyOf<FetchInit<HostFetch>>>>;

/** For which answers an error is declared: a status, a class of statuses, or all others. */
export type ErrorKey = number | `${1 | 3 | 4 | 5}xx` | 'default';

/** What an operation may set in place of its service's policies and options. */
export interface OperationOverrides
  extends Omit<FetchOverrides, 'key' | 'idempotencyKey' | 'cost'> {
  /**
   * How many permits each attempt takes from the rate limiters among the policies. Not a `callCost`: all calls would share it, so give one to each
   * call. Default: as the limiters say.
   */
  readonly cost?: Cost | undefined;
}

/** What a fallback is told beside the error. */
export interface FallbackContext {
  /** The service's name. */
  readonly service: string;
  /** The operation's name. */
  readonly operation: string;
  /** What the caller gave. */
  readonly request: unknown;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Any value. The compiler keeps the literal types of one that is written for it: 'unknown' stays 'unknown' and does not become a string.
 */
export type AnyAnswer =
  | Lowercase<string>
  | (string & {})
  | -1
  | (number & {})
  | boolean
  | bigint
  | null
  | undefined
  | readonly AnyAnswer[]
  | { readonly [key: string]: AnyAnswer }
  | object;

/** One operation of a service. */
export interface OperationDeclaration extends OperationOverrides {
  /** The HTTP method. */
  readonly method: Method;
  /** The path, after that of `baseUrl`. It begins with `/`. A segment `:name` is a parameter. */
  readonly path: `/${string}`;
  /** Checks the parameters of the path. Default: each is a text, a number or a boolean. */
  readonly params?: AnySchema | undefined;
  /** Checks the query. Arrays are sent as repeated keys, and dates as ISO texts. `undefined` is left out. Default: there is none. */
  readonly query?: AnySchema | undefined;
  /** Checks the headers that a caller gives. Default: any texts. */
  readonly headers?: AnySchema | undefined;
  /**
   * Checks the body, which is sent as JSON. Texts, bytes, URLSearchParams, FormData, Blobs and functions that make one are sent as they
   * are. `'raw'` takes any of these without a check. Default: there is none.
   */
  readonly body?: AnySchema | 'raw' | undefined;
  /** Checks the body of a successful answer (200 to 299). Its output is what the caller gets. Default: the body is not read. */
  readonly response?: AnySchema | undefined;
  /**
   * What a successful answer is read as. `'json'` reads JSON whatever its content type says. `'response'` is the Response itself,
   * unread, for downloads. Default: JSON if there is a `response`, otherwise `'nothing'`.
   */
  readonly as?: ReadAs | undefined;
  /** Checks the bodies of other answers, by status (`404`), by class (`'4xx'`), or all others (`default`). */
  readonly errors?: { readonly [K in ErrorKey]?: AnySchema } | undefined;
  /** Sends an `Idempotency-Key`, the same with each attempt of a call. So calls are safe to retry. Default false. */
  readonly idempotencyKey?: boolean | undefined;
  /**
   * Answers in place of the service when it fails: a value, or a function of the error. It is not used when the service answers
   * that something is wrong with the request, when the caller aborts, or when the request breaks its contract.
   */
  readonly fallback?:
    | AnyAnswer
    | ((error: unknown, context: FallbackContext) => AnyAnswer | PromiseLike<AnyAnswer>);
  /** The largest body of an answer, in bytes after decompression. Default: that of the service. */
  readonly maxResponseBytes?: number | undefined;
  /** What happens when a contract is broken. Default: as the service says. */
  readonly contract?: ContractOptions | undefined;
  /** What the operation does, for the OpenAPI document. */
  readonly summary?: string | undefined;
  /** Whether it should no longer be used, for the OpenAPI document. Default false. */
  readonly deprecated?: boolean | undefined;
}

/** The operations of a service, by name. */
export interface Operations {
  readonly [name: string]: OperationDeclaration;
}

/** Where a service is: an absolute URL with `http:` or `https:`, or a function that returns one at each call. */
export type BaseUrl = string | URL | (() => string | URL);

/** A service as it is declared, with the options of `resilientFetch`. */
export interface ServiceDeclaration<Ops = Operations, F extends FetchLike = HostFetch>
  extends Omit<ClientOptions<FetchResponse<F>>, 'name' | 'registry'> {
  /** The registry to join under the service's name, or `false` for none. Default: the default registry. */
  readonly registry?: ClientOptions<FetchResponse<F>>['registry'] | false;
  /** Where the service is. Its path is kept: `/orders` below `https://api.example/v1` is `/v1/orders`. */
  readonly baseUrl: BaseUrl;
  /** The operations, by name. */
  readonly operations: Ops;
  /** What happens when a contract is broken. */
  readonly contract?: ContractOptions | undefined;
  /** The largest body of an answer, in bytes after decompression: a whole number >= 1. Default 10 MiB. */
  readonly maxResponseBytes?: number | undefined;
  /** The fetch that sends. Default: the global one, looked up at each call. */
  readonly fetch?: F | undefined;
}
