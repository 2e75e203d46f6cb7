/** Which way messages stream: one or many each way. */
export type GrpcMethodKind = 'unary' | 'client_streaming' | 'server_streaming' | 'bidi_streaming';

/** The method that a call is of. */
export interface GrpcMethod {
  /** Its path, such as `/shop.Inventory/GetStock`. */
  readonly path: string;
  /** The full name of its service, such as `shop.Inventory`. */
  readonly service: string;
  /** Its own name, such as `GetStock`. */
  readonly method: string;
  /** Which way messages stream. */
  readonly kind: GrpcMethodKind;
  /** The authority that is asked, such as `inventory:50051`, where the interceptor can know it. */
  readonly authority: string | undefined;
}

/** The kind of a method whose request, whose response, or both are streams. */
export function kindOf(requestStream: boolean, responseStream: boolean): GrpcMethodKind {
  if (requestStream) return responseStream ? 'bidi_streaming' : 'client_streaming';
  return responseStream ? 'server_streaming' : 'unary';
}

/** A method by its path. */
export function methodOf(
  path: string,
  kind: GrpcMethodKind,
  authority: string | undefined,
): GrpcMethod {
  const from = path.startsWith('/') ? 1 : 0;
  const at = path.lastIndexOf('/');
  const service = at < from ? '' : path.slice(from, at);
  return { path, service, method: path.slice(at + 1), kind, authority };
}
