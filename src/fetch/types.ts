/**
 * The part of any fetch that holdfast needs. The types are structural, so that the global
 * fetch, npm undici's, node-fetch's and a test double all fit, and no DOM library is needed. Classes
 * of one implementation are not `instanceof` another's.
 */

/** Headers that can be asked for one value. Several values of one name come joined by `, `. */
export interface HeadersLike {
  get(name: string): string | null;
}

/** Headers in any form that an implementation of fetch takes or returns. */
export type HeadersSource =
  | HeadersLike
  | Iterable<readonly [string, string]>
  | Iterable<readonly string[]>
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The part of a Response that the rules of HTTP need. */
export interface ResponseLike {
  readonly status: number;
  readonly headers: HeadersLike;
  readonly body?: unknown;
}

/** The part of a Request that the rules of HTTP need. */
export interface RequestLike {
  readonly url: string;
  readonly method: string;
  readonly headers: HeadersLike;
  readonly body?: unknown;
  readonly bodyUsed?: boolean;
  clone(): unknown;
}

/**
 * Any implementation of fetch. The parameters are `never`, the one type that describes the parameters of every
 * function. Use {@link FetchInput} and {@link FetchInit} to call one.
 */
export type FetchLike = (input: never, init?: never) => PromiseLike<ResponseLike>;

/** The `fetch` of the host, as its types declare it; what every host's has in common where there are none. */
export type HostFetch = typeof globalThis extends { readonly fetch: infer F extends FetchLike }
  ? F
  : (
      input: string | { readonly href: string },
      init?: Readonly<Record<string, unknown>>,
    ) => Promise<ResponseLike>;

/** The first parameter of the given fetch. */
export type FetchInput<F extends FetchLike> = Parameters<F>[0];

/** The second parameter of the given fetch. */
// Not NonNullable: it turns a parameter that is `never` by its constraint into `never` at once.
export type FetchInit<F extends FetchLike> = Exclude<Parameters<F>[1], null | undefined>;

/** What the given fetch resolves to. */
export type FetchResponse<F extends FetchLike> = Awaited<ReturnType<F>>;

/** The part of an AbortSignal that tells whether, and why, it aborted. */
export interface AbortStateLike {
  readonly aborted: boolean;
  readonly reason: unknown;
}

/** Whether it is an object with these methods. That tells what it is: each implementation has classes of its own. */
export function hasMethods(value: unknown, ...names: readonly string[]): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

/** Whether this is a Request of any implementation, and not a URL. */
export function isRequestLike(input: unknown): input is RequestLike {
  if (!hasMethods(input, 'clone')) return false;
  const { url, method } = input as Partial<RequestLike>;
  return typeof url === 'string' && typeof method === 'string';
}
