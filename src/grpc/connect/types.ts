/** The parts of connect-es that are needed here. Any object with them will do, so no version of it is imported. */

/** The headers or trailers of a call. */
export interface HeadersLike {
  get(name: string): string | null;
  has(name: string): boolean;
  set(name: string, value: string): void;
  delete(name: string): void;
  forEach(callback: (value: string, name: string) => void): void;
}

/** The method that is called, as its descriptor tells it. */
export interface MethodLike {
  /** Its name in the service, such as `Reserve`. */
  readonly name: string;
  readonly methodKind: string;
  /** What its definition says: 1 for `NO_SIDE_EFFECTS`, 2 for `IDEMPOTENT`, 0 for nothing. */
  readonly idempotency?: number | undefined;
  /** The service. */
  readonly parent: { readonly typeName: string };
}

/** What an interceptor of connect-es gets. */
export interface ConnectRequestLike {
  readonly stream: boolean;
  /** The message, or the stream of messages. */
  readonly message: unknown;
  readonly method: MethodLike;
  readonly url: string;
  readonly signal: AbortSignal;
  readonly header: Headers;
}

/** What an interceptor of connect-es answers. */
export interface ConnectResponseLike {
  readonly stream: boolean;
  /** The message, or the stream of messages. */
  readonly message: unknown;
  readonly header: HeadersLike;
  readonly trailer: HeadersLike;
}

/** Sends a request: the next interceptor, or the transport. */
export type ConnectNext<Q extends ConnectRequestLike, A extends ConnectResponseLike> = (
  request: Q,
) => Promise<A>;
