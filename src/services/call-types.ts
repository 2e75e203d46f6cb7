import type { FetchOverrides } from '../fetch/overrides.js';
import type { FetchResponse, HostFetch } from '../fetch/types.js';
import type { AnySchema, FallbackContext, OperationDeclaration, RawBody } from './declaration.js';
import type { ServiceError } from './errors.js';
import type { StandardSchema } from './standard-schema.js';

/** What a schema accepts. */
export type InputOf<S> = S extends StandardSchema<infer Input, unknown> ? Input : never;

/** What a schema makes of it. */
export type OutputOf<S> = S extends StandardSchema<unknown, infer Output> ? Output : never;

/** A value for a segment of a path. It is encoded, so that it stays one segment. */
export type PathValue = string | number | boolean;

/** The names of the parameters in a path: `'a' | 'b'` for `/x/:a/y/:b`. */
export type ParamNames<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? ParamNames<Segment> | ParamNames<Rest>
  : Path extends `:${infer Name}`
    ? Name
    : never;

/** The path's parameters in a request. */
export type ParamsPart<O> = O extends { readonly params: infer S extends AnySchema }
  ? { readonly params: InputOf<S> }
  : O extends { readonly path: infer Path extends string }
    ? [ParamNames<Path>] extends [never]
      ? unknown
      : string extends Path
        ? { readonly params?: Readonly<Record<string, PathValue>> | undefined }
        : { readonly params: { readonly [Name in ParamNames<Path>]: PathValue } }
    : unknown;

/** A part of a request that may be left out if its schema accepts nothing. */
export type OptionalPart<Name extends string, Input> = undefined extends Input
  ? { readonly [K in Name]?: Input }
  : { readonly [K in Name]: Input };

/** A record of which each field may be left out may itself be left out. */
export type FieldsPart<Name extends string, Input> = object extends Input
  ? { readonly [K in Name]?: Input | undefined }
  : OptionalPart<Name, Input>;

/** The query in a request. */
export type QueryPart<O> = O extends { readonly query: infer S extends AnySchema }
  ? FieldsPart<'query', InputOf<S>>
  : unknown;

/** The headers in a request. */
export type HeadersPart<O> = O extends { readonly headers: infer S extends AnySchema }
  ? FieldsPart<'headers', InputOf<S>>
  : { readonly headers?: Readonly<Record<string, string | undefined>> | undefined };

/** The body in a request. */
export type BodyPart<O> = O extends { readonly body: infer S }
  ? S extends 'raw'
    ? { readonly body: RawBody }
    : S extends AnySchema
      ? OptionalPart<'body', InputOf<S>>
      : unknown
  : unknown;

/** What a caller gives to an operation. It is one object type, so that messages of the compiler are short. */
export type RequestOf<O> = ParamsPart<O> &
  QueryPart<O> &
  HeadersPart<O> &
  BodyPart<O> extends infer Parts
  ? { [K in keyof Parts]: Parts[K] }
  : never;

/** What a caller gets from an operation. */
export type ResultOf<O> = O extends { readonly as: infer As }
  ? As extends 'response'
    ? FetchResponse<HostFetch>
    : O extends { readonly response: infer S extends AnySchema }
      ? OutputOf<S>
      : As extends 'json'
        ? unknown
        : As extends 'text'
          ? string
          : As extends 'bytes'
            ? Uint8Array
            : undefined
  : O extends { readonly response: infer S extends AnySchema }
    ? OutputOf<S>
    : undefined;

/** The data of the errors that an operation declares, each with its status. `Status` is the key of the declaration. */
export type ErrorOf<O> = O extends { readonly errors: infer E }
  ? { [K in keyof E]: ServiceError<OutputOf<E[K]>, K extends number ? K : number> }[keyof E]
  : ServiceError;

/** The error of an operation with this status. */
export type ErrorWith<O, Status> = O extends { readonly errors: infer E }
  ? Status extends keyof E
    ? ServiceError<OutputOf<E[Status]>, Status extends number ? Status : number>
    : ServiceError<unknown, Status extends number ? Status : number>
  : ServiceError<unknown, Status extends number ? Status : number>;

/** Options of one call. */
export interface CallOptions extends FetchOverrides {
  /** Aborts the call. */
  readonly signal?: AbortSignal | null | undefined;
}

/** An operation of a service. */
export type OperationFunction<O> = (Record<never, never> extends RequestOf<O>
  ? (request?: RequestOf<O>, options?: CallOptions) => Promise<ResultOf<O>>
  : (request: RequestOf<O>, options?: CallOptions) => Promise<ResultOf<O>>) & {
  /** Whether this is the error of an answer of this operation with a status that is no success, so that its `data` has a type. */
  isError(error: unknown): error is ErrorOf<O>;
  /** The same, of one status, one class of statuses (`'4xx'`) or `'default'`. */
  isError<
    Status extends number | (O extends { readonly errors: infer E } ? keyof E & string : never),
  >(error: unknown, status: Status): error is ErrorWith<O, Status>;
};

/** Says which parameters `params` declares and the path does not have, or the other way round. */
export type ParamsFault<O> = O extends {
  readonly path: infer Path extends string;
  readonly params: infer S extends AnySchema;
}
  ? string extends Path
    ? unknown
    : [keyof InputOf<S>] extends [ParamNames<Path>]
      ? [ParamNames<Path>] extends [keyof InputOf<S>]
        ? unknown
        : {
            readonly params: `the path has :${Exclude<ParamNames<Path>, keyof InputOf<S>> & string}, which params does not declare`;
          }
      : {
          readonly params: `the path has no :${Exclude<keyof InputOf<S>, ParamNames<Path>> & string}`;
        }
  : unknown;

/** Refuses a body for GET and HEAD. */
export type BodyFault<O> = O extends {
  readonly method: infer M extends 'GET' | 'HEAD';
  readonly body: AnySchema | 'raw';
}
  ? { readonly body: `a ${M} has no body` }
  : unknown;

/** Refuses a fallback that answers something else than the operation does. */
export type FallbackFault<O> = O extends { readonly fallback: infer F }
  ? [F] extends [undefined]
    ? unknown
    : { readonly fallback: FallbackOf<ResultOf<O>> }
  : unknown;

/** A fallback: a value, or a function that makes one. */
export type FallbackOf<T> = T | ((error: unknown, context: FallbackContext) => T | PromiseLike<T>);

/** Refuses options that do not exist. */
export type UnknownFault<O> = {
  readonly [K in Exclude<
    keyof O,
    keyof OperationDeclaration
  >]: `unknown option "${K & string}" of an operation`;
};

/** What the compiler checks of operations beyond their shapes. The texts appear in its messages. Names that would clash with what every object has are refused. */
export type CheckedOperations<Ops> = {
  readonly [K in keyof Ops]: K extends ReservedName | `$${string}`
    ? 'this name is reserved: give the operation another one'
    : ParamsFault<Ops[K]> & BodyFault<Ops[K]> & FallbackFault<Ops[K]> & UnknownFault<Ops[K]>;
};

/** Names that no operation may have: an object with one of these is taken for something else. */
export type ReservedName =
  | 'then'
  | 'catch'
  | 'finally'
  | 'toJSON'
  | 'toString'
  | 'valueOf'
  | 'constructor'
  | 'prototype'
  | 'hasOwnProperty'
  | '__proto__';
