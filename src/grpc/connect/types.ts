/** The parts of connect-es that are needed here. Whatever has them will do, so no version of it is imported. */

/** The headers or trailers of a call. */
export interface ConnectHeaders {
  get(name: string): string | null;
  forEach(callback: (value: string, name: string) => void): void;
}

/** A method, as its descriptor tells it. */
export interface ConnectMethod {
  /** Its name in the service, such as `Reserve`. */
  readonly name: string;
  /** Which way messages stream: `unary`, `server_streaming`, `client_streaming` or `bidi_streaming`. */
  readonly methodKind: string;
  /** The `idempotency_level` of its definition: 1 is `NO_SIDE_EFFECTS`, 2 `IDEMPOTENT`. */
  readonly idempotency?: number | undefined;
  /** The service. */
  readonly parent: { readonly typeName: string };
}

/** What an interceptor of connect-es gets. */
export interface ConnectRequest {
  readonly stream: boolean;
  /** The message, or the stream of messages. */
  readonly message: unknown;
  readonly method: ConnectMethod;
  readonly url: string;
  readonly signal: AbortSignal;
  readonly header: Headers;
}

/** What an interceptor of connect-es returns. */
export interface ConnectResponse {
  readonly stream: boolean;
  /** The message, or the stream of messages. */
  readonly message: unknown;
  readonly header: ConnectHeaders;
  readonly trailer: ConnectHeaders;
}

/** Sends a request: the next interceptor, or the transport. */
export type ConnectNext<Q extends ConnectRequest, A extends ConnectResponse> = (
  request: Q,
) => Promise<A>;
